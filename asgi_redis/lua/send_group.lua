-- Sends a message to a group: once to each process that holds members of it.
--
-- KEYS[1]  the group: processes and other channels, scored by when they were last added (ms)
-- KEYS[2]  heartbeats of interface servers
-- KEYS[3]  statistics of the layer
-- KEYS[4]  the note that not all can be heard
-- KEYS[5]  group messages kept for whoever was not heard
-- KEYS[6]  index of those by group, with an empty name if some are not kept any more
-- ARGV[1]  group name
-- ARGV[2]  the encoded message
-- ARGV[3]  key prefix of inboxes
-- ARGV[4]  key prefix of what overflowed
-- ARGV[5]  capacity of an inbox that no interface server listens on
-- ARGV[6]  capacity of an interface server's inbox
-- ARGV[7]  milliseconds that what is for a process is kept
-- ARGV[8]  expiry of a membership in milliseconds
-- ARGV[9]  milliseconds after which an interface server without a heartbeat is gone
-- ARGV[10] bytes above which a message is large
-- ARGV[11] bytes that an inbox may take before large messages have no room in it
-- ARGV[12] milliseconds without any heartbeat after which it was Redis that was away
-- Returns the members that are no process, for the sender to send to, and the number of drops.

local group, time = KEYS[1], redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', group, '-inf', string.format('%.0f', now - ARGV[8]))

-- Where all are silent, or have just been, it was Redis that was away: then nobody is gone.
local newest = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]
local heard = newest and tonumber(newest) >= now - ARGV[12] and redis.call('EXISTS', KEYS[4]) == 0

local large = #ARGV[2] > tonumber(ARGV[10])
local function has_room(inbox, capacity)
    if redis.call('XLEN', inbox) >= tonumber(capacity) then return false end
    local bytes = large and redis.call('MEMORY', 'USAGE', inbox, 'SAMPLES', 0)
    return not bytes or bytes <= tonumber(ARGV[11])
end

local others, sent, drops = {}, 0, 0
for _, member in ipairs(redis.call('ZRANGE', group, 0, -1)) do
    if member:sub(-1) ~= '!' then
        others[#others + 1] = member
    else
        local inbox = ARGV[3] .. member
        local beat = redis.call('ZSCORE', KEYS[2], member)
        if heard and beat and tonumber(beat) < now - ARGV[9] then
            -- It is buried soon. Should it come back before, it hears that it missed something.
            redis.call('SADD', ARGV[4] .. member, ARGV[1])
            redis.call('PEXPIRE', ARGV[4] .. member, ARGV[7])
        elseif not has_room(inbox, beat and ARGV[6] or ARGV[5]) then
            drops = drops + 1
            redis.call('SADD', ARGV[4] .. member, ARGV[1])
            redis.call('PEXPIRE', ARGV[4] .. member, ARGV[7])
        else
            -- What was dropped before is told before anything comes that is later.
            if redis.call('SREM', ARGV[4] .. member, ARGV[1]) == 1 then
                redis.call('XADD', inbox, '*', 'x', ARGV[1], 'm', '')
            end
            redis.call('XADD', inbox, '*', 'g', ARGV[1], 'm', ARGV[2])
            redis.call('PEXPIRE', inbox, ARGV[7])
            sent = sent + 1
        end
    end
end
-- Redis may have forgotten who listens. Whoever registers again is given what is kept.
if not heard then
    if not has_room(KEYS[5], ARGV[6]) then
        redis.call('DEL', KEYS[5], KEYS[6])
        redis.call('ZADD', KEYS[6], 0, '')
    end
    local id = redis.call('XADD', KEYS[5], '*', 'g', ARGV[1], 'm', ARGV[2])
    -- Those of a group are neighbours in the index, in order; no group's name has a space.
    local ms, number = id:match('^(%d+)-(%d+)$')
    redis.call('ZADD', KEYS[6], 0, string.format('%s %s-%08d', ARGV[1], ms, number))
    -- Members are told of what has expired: so it is there for as long as any can be left.
    redis.call('PEXPIRE', KEYS[5], ARGV[8])
    redis.call('PEXPIRE', KEYS[6], ARGV[8])
end
if sent > 0 then redis.call('HINCRBY', KEYS[3], 'messages_count', sent) end
if drops > 0 then redis.call('HINCRBY', KEYS[3], 'group_drops', drops) end
return {others, drops}
