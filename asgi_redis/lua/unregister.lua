-- Takes a process out of a group in which it has no members left, unless news is waiting for it.
--
-- KEYS[1]  the group
-- KEYS[2]  the process's inbox
-- KEYS[3]  the groups that the process is in
-- ARGV[1]  the process
-- ARGV[2]  group name
-- ARGV[3]  id of the last inbox entry that the process has read
-- Returns whether it was taken out.

local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
if last and last[1] ~= ARGV[3] then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('SREM', KEYS[3], ARGV[2])
return 1
