-- Adds a process's channel to a group or takes it out, by telling the process.
--
-- KEYS[1]  the group
-- KEYS[2]  the process's inbox
-- KEYS[3]  the groups that the process is in
-- KEYS[4]  the note that the process was given up for dead: it registers itself if it is not
-- KEYS[5]  group messages kept for whoever was not heard
-- KEYS[6]  heartbeats of interface servers
-- KEYS[7]  index of the kept messages by group, with an empty name if some are not kept any more
-- ARGV[1]  "a" to add, "d" to discard
-- ARGV[2]  group name
-- ARGV[3]  channel
-- ARGV[4]  the process
-- ARGV[5]  expiry of a message in milliseconds
-- ARGV[6]  expiry of a membership in milliseconds
-- ARGV[7]  milliseconds that the inbox is kept
-- ARGV[8]  capacity of an inbox that no interface server listens on

-- Many may join while much is kept, most of it for other groups.
local function kept()
    local entries, from, to = {}, '[' .. ARGV[2] .. ' ', '(' .. ARGV[2] .. '!'
    for _, name in ipairs(redis.call('ZRANGE', KEYS[7], from, to, 'BYLEX')) do
        local id = name:gsub('^.* (%d+)-0*(%d+)$', '%1-%2')
        entries[#entries + 1] = redis.call('XRANGE', KEYS[5], id, id)[1]
    end
    return entries, redis.call('ZSCORE', KEYS[7], '')
end

-- The note stays for a while when the process is heard again.
local given_up = redis.call('EXISTS', KEYS[4]) == 1 and not redis.call('ZSCORE', KEYS[6], ARGV[4])
if ARGV[1] == 'a' and not given_up then
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    if redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[4]) == 1 then
        local entries, partial = kept()
        catch_up(KEYS[2], entries, partial, {[ARGV[2]] = true}, now - ARGV[5], ARGV[7])
    end
    redis.call('PEXPIRE', KEYS[1], ARGV[6])
    redis.call('SADD', KEYS[3], ARGV[2])
    redis.call('PEXPIRE', KEYS[3], ARGV[6])
end
-- Redis may have forgotten the process, and not yet been told again: it has to hear of it anyway.
-- If it was given up and lives, it tells all its sockets that they have missed something.
if not given_up or redis.call('XLEN', KEYS[2]) < tonumber(ARGV[8]) then
    redis.call('XADD', KEYS[2], '*', ARGV[1], ARGV[2], 'm', ARGV[3])
end
redis.call('PEXPIRE', KEYS[2], ARGV[7])
