-- Takes interface servers without a heartbeat, or one that leaves, out of all groups and drops their
-- inboxes.
--
-- KEYS[1]  heartbeats of interface servers
-- KEYS[2]  channels in groups, by process
-- KEYS[3]  the note that not all can be heard, so that silence proves nothing
-- ARGV[1]  milliseconds after which one without a heartbeat is gone
-- ARGV[2]  key prefix of inboxes
-- ARGV[3]  key prefix of the groups of a process
-- ARGV[4]  key prefix of groups
-- ARGV[5]  key prefix of the note that a process was given up for dead, with the time
-- ARGV[6]  expiry of that note in milliseconds
-- ARGV[7]  the process that leaves, if one does
-- Returns the processes taken out.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function silent()
    clamp(KEYS[1], now)
    if redis.call('EXISTS', KEYS[3]) == 1 then return {} end
    return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - ARGV[1]))
end

local dead = ARGV[7] and {ARGV[7]} or silent()
for _, process in ipairs(dead) do
    for _, group in ipairs(redis.call('SMEMBERS', ARGV[3] .. process)) do
        redis.pcall('ZREM', ARGV[4] .. group, process) -- the key may hold something else by now
    end
    redis.call('DEL', ARGV[3] .. process, ARGV[2] .. process)
    redis.call('ZREM', KEYS[1], process)
    redis.call('HDEL', KEYS[2], process)
    redis.call('SET', ARGV[5] .. process, string.format('%.0f', now), 'PX', ARGV[6])
end
return dead
