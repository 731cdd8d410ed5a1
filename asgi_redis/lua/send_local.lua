-- Sends messages to channels of one process, as many as its inbox has room for.
--
-- KEYS[1]  the process's inbox, a stream
-- KEYS[2]  heartbeats of interface servers
-- ARGV[1]  the process: what its channel names begin with, up to the "!"
-- ARGV[2]  capacity of an inbox that no interface server listens on
-- ARGV[3]  capacity of an interface server's inbox
-- ARGV[4]  expiry in milliseconds
-- ARGV[5…] channel, encoded message, channel, encoded message, …
-- Returns how many messages were taken; those behind them found the inbox full.

local inbox = KEYS[1]
local serves = redis.call('ZSCORE', KEYS[2], ARGV[1])
local capacity = tonumber(serves and ARGV[3] or ARGV[2])
local room = capacity - redis.call('XLEN', inbox)
if room <= 0 then
    local time = redis.call('TIME')
    local oldest = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[4]
    redis.call('XTRIM', inbox, 'MINID', string.format('%.0f', oldest))
    room = capacity - redis.call('XLEN', inbox)
end
local sent = math.min(math.max(room, 0), (#ARGV - 4) / 2)
for i = 5, sent * 2 + 4, 2 do
    redis.call('XADD', inbox, '*', 's', ARGV[i], 'm', ARGV[i + 1])
end
if sent > 0 then redis.call('PEXPIRE', inbox, ARGV[4]) end
return sent
