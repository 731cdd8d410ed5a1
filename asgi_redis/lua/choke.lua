-- Stops what is sent to a channel of a process for a while.
--
-- KEYS[1]  channels of the process that take nothing, scored by until when, in milliseconds: below
--          zero if the client has left, above if it does not keep up
-- ARGV[1]  channel
-- ARGV[2]  for how many milliseconds
-- ARGV[3]  -1 if the client has left, 1 if it does not keep up

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function score(number) return string.format('%.0f', number) end

redis.call('ZREMRANGEBYSCORE', KEYS[1], score(-now), score(now))
redis.call('ZADD', KEYS[1], score(ARGV[3] * (now + ARGV[2])), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
