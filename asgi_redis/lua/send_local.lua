-- Sends messages to channels of one process, as many as its inbox has room for.
--
-- KEYS[1]  the process's inbox, a stream
-- KEYS[2]  heartbeats of interface servers
-- KEYS[3]  channels of the process that take nothing, as choke.lua writes them
-- KEYS[4]  statistics of the layer
-- KEYS[5]  whether the process has been given up for dead
-- KEYS[6]  the groups and channels of the process of which messages were dropped
-- ARGV[1]  the process: what its channel names begin with, up to the "!"
-- ARGV[2]  capacity of an inbox that no interface server listens on
-- ARGV[3]  capacity of an interface server's inbox
-- ARGV[4]  expiry in milliseconds
-- ARGV[5]  bytes above which a message is large
-- ARGV[6]  bytes that an inbox may take before large messages have no room in it
-- ARGV[7]  milliseconds that the inbox is kept
-- ARGV[8…] channel, encoded message, channel, encoded message, …
-- Returns the positions, from 1, of the messages that were not taken: below zero where the client
-- has left, as all clients of a dead process have.

local inbox = KEYS[1]
local serves = redis.call('ZSCORE', KEYS[2], ARGV[1])
local capacity = tonumber(serves and ARGV[3] or ARGV[2])
local count = (#ARGV - 7) / 2

local function room()
    return capacity - redis.call('XLEN', inbox)
end

local function now()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end

local free = room()
-- An interface server reads all that waits, however old: news of groups does not expire, and who
-- has missed a message that did is told.
if free < count and not serves then
    redis.call('XTRIM', inbox, 'MINID', string.format('%.0f', now() - ARGV[4]))
    free = room()
end

-- Most of the time there are none, and nothing is asked about each channel.
local special = redis.call('EXISTS', KEYS[3], KEYS[6]) > 0
local choking = special and redis.call('EXISTS', KEYS[3]) == 1
local function until_when(channel)
    local score = choking and redis.call('ZSCORE', KEYS[3], channel)
    return score and math.abs(score) > now() and tonumber(score) or 0
end

local function too_heavy(message)
    if #message <= tonumber(ARGV[5]) then return false end
    -- All of it is counted: a few small messages would make a sample of it too small.
    local bytes = redis.call('MEMORY', 'USAGE', inbox, 'SAMPLES', 0)
    return bytes and bytes > tonumber(ARGV[6])
end

local dropped = special and redis.call('EXISTS', KEYS[6]) == 1
local dead = not serves and redis.call('EXISTS', KEYS[5]) == 1
local refused, full = {}, 0
for i = 1, count do
    local channel, message = ARGV[6 + 2 * i], ARGV[7 + 2 * i]
    local choked = until_when(channel)
    if dead or choked < 0 then
        refused[#refused + 1] = -i
    elseif free <= 0 or choked > 0 or too_heavy(message) then
        refused[#refused + 1] = i
        full = full + 1
    else
        -- What was dropped before is told before anything comes that is later.
        if dropped and redis.call('SREM', KEYS[6], channel) == 1 then
            redis.call('XADD', inbox, '*', 'x', channel, 'm', '')
        end
        redis.call('XADD', inbox, '*', 's', channel, 'm', message)
        free = free - 1
    end
end
if #refused < count then
    redis.call('PEXPIRE', inbox, ARGV[7])
    redis.call('HINCRBY', KEYS[4], 'messages_count', count - #refused)
end
if full > 0 then redis.call('HINCRBY', KEYS[4], 'channel_full_count', full) end
return refused
