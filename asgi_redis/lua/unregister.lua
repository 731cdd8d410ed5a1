-- Takes a process out of groups in which it has no members left, but for those that news of a new
-- member is waiting for.
--
-- KEYS[1]  the process's inbox
-- KEYS[2]  the groups that the process is in
-- KEYS[3…] the groups
-- ARGV[1]  the process
-- ARGV[2]  id of the last inbox entry that the process has read
-- ARGV[3]  unread entries that are looked at; where there are more, it stays in all groups
-- ARGV[4…] the group names
-- Returns the names of the groups that it stays in.

local unread = redis.call('XRANGE', KEYS[1], '(' .. ARGV[2], '+', 'COUNT', ARGV[3])
local joined, stays = {}, {}
for _, entry in ipairs(unread) do
    if entry[2][1] == 'a' then joined[entry[2][2]] = true end
end
for i = 3, #KEYS do
    local group = ARGV[i + 1]
    if #unread == tonumber(ARGV[3]) or joined[group] then
        stays[#stays + 1] = group
    else
        redis.pcall('ZREM', KEYS[i], ARGV[1]) -- the key may hold something else by now
        redis.call('SREM', KEYS[2], group)
    end
end
return stays
