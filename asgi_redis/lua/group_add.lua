-- Adds a channel that belongs to no process to a group.
--
-- KEYS[1]  the group
-- ARGV[1]  channel
-- ARGV[2]  expiry of a membership in milliseconds

local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
