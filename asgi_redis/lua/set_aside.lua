-- Keeps a message that came before its turn.
--
-- KEYS[1]  its place
-- KEYS[2]  places by when somebody should see to them
-- KEYS[3]  the stream of the channel that the message goes back to, if this server has it
-- ARGV[1]  the place's name
-- ARGV[2]  that channel
-- ARGV[3]  the encoded message
-- ARGV[4]  milliseconds after which somebody should see to it
-- ARGV[5]  expiry in milliseconds
-- ARGV[6]  milliseconds that the places are kept where nobody sees to them
--
-- The mark tells it from one that was here before, and may still be on its way back.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'channel', ARGV[2], 'message', ARGV[3], 'mark', time[1] .. '.' .. time[2])
if KEYS[3] then redis.call('HSET', KEYS[1], 'stream', KEYS[3]) end
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('ZADD', KEYS[2], string.format('%.0f', now + ARGV[4]), ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[6])
