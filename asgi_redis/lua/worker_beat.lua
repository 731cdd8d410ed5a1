-- A worker says that it is alive and keeps its streams. Of those that read a stream one at a time
-- looks for dead ones.
--
-- KEYS[1]  heartbeats of workers
-- KEYS[2…] the streams it reads
-- ARGV[1]  the worker
-- ARGV[2]  milliseconds until another may look for dead workers
-- ARGV[3]  milliseconds that a stream without readers is kept
-- ARGV[4]  milliseconds after which a worker without a heartbeat is forgotten
-- ARGV[5]  key prefix of who looks for dead workers at the moment
-- ARGV[6]  the note that no worker could be heard for a while
-- ARGV[7]  milliseconds without any heartbeat after which it was Redis that was away; as long, all
--          have then to be heard again
-- Returns the positions of the streams whose dead workers it is this worker's turn to look for.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
clamp(KEYS[1], now)
local newest = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
if newest and now - newest > tonumber(ARGV[7]) then redis.call('SET', ARGV[6], 1, 'PX', ARGV[7]) end
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - ARGV[4]))
local silent = redis.call('EXISTS', ARGV[6]) == 1
local turns = {}
for i = 2, #KEYS do
    keep(KEYS[i], ARGV[3])
    if not silent and redis.call('SET', ARGV[5] .. KEYS[i], ARGV[1], 'NX', 'PX', ARGV[2]) then
        turns[#turns + 1] = i - 1
    end
end
return turns
