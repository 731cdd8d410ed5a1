-- Reads messages for a worker, without waiting. One that a worker has died with is read alone, so
-- that, if it was to blame, it takes no other with it again.
--
-- KEYS     the streams of its channels, in the order in which to read them
-- ARGV[1]  name of the consumer group
-- ARGV[2]  the worker
-- ARGV[3]  how many messages at most
-- ARGV[4]  expiry in milliseconds
-- ARGV[5…] for each stream "1" if a message read is done (at most once), else "0"
-- Returns {index of the stream, id, fields} for each message. A key that holds something else is passed
-- over; where all do, it is an error.

local group, worker, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])
local time = redis.call('TIME')
local oldest = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[4]

local function take(stream, count)
    local reply = redis.pcall('XREADGROUP', 'GROUP', group, worker, 'COUNT', count, 'STREAMS', stream, '>')
    if reply and reply.err then
        redis.call('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM')
        reply = redis.call('XREADGROUP', 'GROUP', group, worker, 'COUNT', count, 'STREAMS', stream, '>')
    end
    return reply and reply[1] and reply[1][2] or {}
end

local function born(entry)
    local fields = entry[2]
    return fields[3] == 'b' and tonumber(fields[4]) or tonumber(entry[1]:match('^%d+'))
end

local function suspect(entry)
    return entry[2][5] == 't' and (tonumber(entry[2][6]) or 0) > 0
end

local function drop(stream, ids)
    if #ids == 0 then return end
    redis.call('XACK', stream, group, unpack(ids))
    redis.call('XDEL', stream, unpack(ids))
end

local function put_back(stream, entry)
    local fields = entry[2]
    if fields[3] ~= 'b' then
        fields = {fields[1], fields[2], 'b', entry[1]:match('^%d+'), 't', 0, 'i', entry[1]}
    end
    redis.call('XADD', stream, '*', unpack(fields))
end

local result, alone = {}, false
-- Adds entries to the result; returns whether some of them had expired.
local function sort(i, stream, entries)
    local once, gone, done = ARGV[i + 4] == '1', false, {}
    for _, entry in ipairs(entries) do
        local expired = born(entry) < oldest
        local waits = not expired and (alone or #result > 0 and suspect(entry))
        if waits then
            put_back(stream, entry)
            alone = true
        elseif not expired then
            result[#result + 1] = {i, entry[1], entry[2]}
            alone = suspect(entry)
        end
        gone = gone or expired
        if once or expired or waits then done[#done + 1] = entry[1] end
    end
    drop(stream, done)
    return gone
end

local foreign, failure = 0, nil
for i, stream in ipairs(KEYS) do
    -- An error would be the end of messages that are settled already.
    local length = redis.pcall('XLEN', stream)
    if type(length) == 'table' then foreign, failure, length = foreign + 1, length, 0 end
    -- Whoever gets nothing waits for whatever is next, so nothing expired may be left.
    local gone = length > 0
    while gone and not alone and #result < limit do
        gone = sort(i, stream, take(stream, limit - #result))
    end
end
if foreign == #KEYS then return failure end
return result
