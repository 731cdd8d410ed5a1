-- Tells one worker which messages have waited for so long that somebody should see to them.
--
-- KEYS[1]  places by when somebody should see to them
-- ARGV[1]  how many at most
-- Returns the names of the places.

local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
if #due > 0 then redis.call('ZREM', KEYS[1], unpack(due)) end
return due
