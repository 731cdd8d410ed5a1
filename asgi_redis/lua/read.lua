-- Reads messages for a worker, without waiting.
--
-- KEYS     the streams of its channels, in the order in which to read them
-- ARGV[1]  name of the consumer group
-- ARGV[2]  the worker
-- ARGV[3]  how many messages at most
-- ARGV[4]  expiry in milliseconds
-- ARGV[5…] for each stream "1" if a message read is done (at most once), else "0"
-- Returns {index of the stream, id, fields} for each message.

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

local result = {}
for i, stream in ipairs(KEYS) do
    if #result >= limit then break end
    local once = ARGV[i + 4] == '1'
    if redis.call('XLEN', stream) > 0 then
        for _, entry in ipairs(take(stream, limit - #result)) do
            local expired = born(entry) < oldest
            if once or expired then
                redis.call('XACK', stream, group, entry[1])
                redis.call('XDEL', stream, entry[1])
            end
            if not expired then result[#result + 1] = {i, entry[1], entry[2]} end
        end
    end
end
return result
