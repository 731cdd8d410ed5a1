-- Registers a process in groups again, after Redis has lost what it knew of it.
--
-- KEYS[1]  the groups that the process is in
-- KEYS[2…] the groups
-- ARGV[1]  the process
-- ARGV[2]  expiry of a membership in milliseconds
-- ARGV[3…] the group names

local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
for i = 2, #KEYS do
    redis.call('ZADD', KEYS[i], now, ARGV[1])
    redis.call('PEXPIRE', KEYS[i], ARGV[2])
    redis.call('SADD', KEYS[1], ARGV[i + 1])
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
