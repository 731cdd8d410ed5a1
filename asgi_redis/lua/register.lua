-- Registers a process in groups again, after Redis has lost what it knew of it.
--
-- KEYS[1]  the groups that the process is in
-- KEYS[2]  its inbox
-- KEYS[3]  the note that not all can be heard
-- KEYS[4]  group messages kept for whoever was not heard
-- KEYS[5]  index of those by group, with an empty name if some are not kept any more
-- KEYS[6…] the groups
-- ARGV[1]  the process
-- ARGV[2]  expiry of a membership in milliseconds
-- ARGV[3]  expiry of a message in milliseconds
-- ARGV[4]  milliseconds that the inbox is kept
-- ARGV[5…] the group names

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local fresh = {}
for i = 6, #KEYS do
    -- Whoever sends to a group whose key holds something else hears of it; the others go on.
    local added = redis.pcall('ZADD', KEYS[i], string.format('%.0f', now), ARGV[1])
    if type(added) == 'number' then
        if added == 1 then fresh[ARGV[i - 1]] = true end
        redis.call('PEXPIRE', KEYS[i], ARGV[2])
        redis.call('SADD', KEYS[1], ARGV[i - 1])
    end
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])

if next(fresh) and redis.call('EXISTS', KEYS[3]) == 1 then
    -- There may be many groups: what is kept is gone through once.
    local entries, partial = redis.call('XRANGE', KEYS[4], '-', '+'), redis.call('ZSCORE', KEYS[5], '')
    catch_up(KEYS[2], entries, partial, fresh, now - ARGV[3], ARGV[4])
else
    -- Nothing was kept: their members hear that they may have missed something.
    for name in pairs(fresh) do redis.call('XADD', KEYS[2], '*', 'x', name, 'm', '') end
    if next(fresh) then redis.call('PEXPIRE', KEYS[2], ARGV[4]) end
end
