-- Puts messages that a worker had taken back into their stream, for any worker.
-- One that was read and died with its worker was read in time: its expiry starts anew.
--
-- KEYS[1]  the stream
-- KEYS[2]  the dead-letter stream
-- KEYS[3]  statistics of the layer
-- ARGV[1]  name of the consumer group
-- ARGV[2]  the worker that had taken them
-- ARGV[3]  1 if it died with them, 0 if it never started them
-- ARGV[4]  tries after which a message is a dead letter
-- ARGV[5]  channel name
-- ARGV[6]  how many dead letters are kept
-- ARGV[7…] the ids; none means what the worker had taken, some at a time: then it is forgotten, unless
--          there is more
-- Returns how many were put back, the messages that became dead letters, and whether there is more.

local stream, group, worker, died = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local back, dead, at_once = 0, {}, 1000
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))

local function pending_ids()
    local pending = redis.pcall('XPENDING', stream, group, '-', '+', at_once, worker)
    local ids = {}
    if not pending.err then
        for i, entry in ipairs(pending) do ids[i] = entry[1] end
    end
    return ids
end

local function put_back(id, fields)
    local born = died == 1 and now or fields[3] == 'b' and fields[4] or id:match('^%d+')
    -- The message keeps the id of its first entry, by which consumers know it again.
    local first = fields[7] == 'i' and fields[8] or id
    local tries = (tonumber(fields[5] == 't' and fields[6] or 0) or 0) + died
    if tries >= tonumber(ARGV[4]) then
        local reason = 'its workers died ' .. tries .. ' times'
        local letter = {'m', fields[2], 'c', ARGV[5], 'r', reason, 's', stream}
        redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[6], '*', unpack(letter))
        dead[#dead + 1] = fields[2]
    else
        redis.call('XADD', stream, '*', 'm', fields[2], 'b', born, 't', tries, 'i', first)
        back = back + 1
    end
end

local named = #ARGV > 6
local ids = named and {unpack(ARGV, 7)} or pending_ids()
for _, id in ipairs(ids) do
    local owned = redis.call('XPENDING', stream, group, id, id, 1, worker)
    if #owned > 0 then
        local entry = redis.call('XRANGE', stream, id, id)[1]
        if entry then put_back(id, entry[2]) end
        redis.call('XACK', stream, group, id)
        redis.call('XDEL', stream, id)
    end
end
if died == 1 and back > 0 then redis.call('HINCRBY', KEYS[3], 'redeliveries', back) end
local more = not named and #ids == at_once
-- Whoever is forgotten takes all that is still its own with it.
if not named and not more then redis.pcall('XGROUP', 'DELCONSUMER', stream, group, worker) end
return {back, dead, more and 1 or 0}
