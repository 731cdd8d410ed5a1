-- Sends messages to channels of one process, as many as its inbox has room for.
--
-- KEYS[1]  the process's inbox, a stream
-- KEYS[2]  heartbeats of interface servers
-- KEYS[3]  channels of the process whose clients do not keep up, a set
-- KEYS[4]  statistics of the layer
-- ARGV[1]  the process: what its channel names begin with, up to the "!"
-- ARGV[2]  capacity of an inbox that no interface server listens on
-- ARGV[3]  capacity of an interface server's inbox
-- ARGV[4]  expiry in milliseconds
-- ARGV[5…] channel, encoded message, channel, encoded message, …
-- Returns the positions, from 0, of the messages that were not taken.

local inbox = KEYS[1]
local serves = redis.call('ZSCORE', KEYS[2], ARGV[1])
local capacity = tonumber(serves and ARGV[3] or ARGV[2])
local count = (#ARGV - 4) / 2

local function room()
    return capacity - redis.call('XLEN', inbox)
end

local free = room()
if free < count then
    local time = redis.call('TIME')
    local oldest = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[4]
    redis.call('XTRIM', inbox, 'MINID', string.format('%.0f', oldest))
    free = room()
end

local choking = redis.call('EXISTS', KEYS[3]) == 1
local refused = {}
for i = 0, count - 1 do
    local channel, message = ARGV[5 + 2 * i], ARGV[6 + 2 * i]
    if free <= 0 or (choking and redis.call('SISMEMBER', KEYS[3], channel) == 1) then
        refused[#refused + 1] = i
    else
        redis.call('XADD', inbox, '*', 's', channel, 'm', message)
        free = free - 1
    end
end
if #refused < count then
    redis.call('PEXPIRE', inbox, ARGV[4])
    redis.call('HINCRBY', KEYS[4], 'messages_count', count - #refused)
end
if #refused > 0 then redis.call('HINCRBY', KEYS[4], 'channel_full_count', #refused) end
return refused
