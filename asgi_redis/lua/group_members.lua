-- Lists a group's members and which of its processes can be asked for theirs.
--
-- KEYS[1]  the group
-- KEYS[2]  heartbeats of interface servers
-- ARGV[1]  expiry of a membership in milliseconds
-- ARGV[2]  milliseconds after which an interface server without a heartbeat is gone
-- Returns the other channels, the processes that are alive, and those that never were.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - ARGV[1]))
local others, alive, unknown = {}, {}, {}
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    local beat = redis.call('ZSCORE', KEYS[2], member)
    if member:sub(-1) ~= '!' then
        others[#others + 1] = member
    elseif not beat then
        unknown[#unknown + 1] = member
    elseif tonumber(beat) >= now - ARGV[2] then
        alive[#alive + 1] = member
    end
end
return {others, alive, unknown}
