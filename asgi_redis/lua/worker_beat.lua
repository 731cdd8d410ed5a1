-- A worker says that it is alive and keeps its streams; one worker at a time looks for dead ones.
--
-- KEYS[1]  heartbeats of workers
-- KEYS[2]  who looks for dead workers at the moment
-- KEYS[3…] the streams it reads
-- ARGV[1]  the worker
-- ARGV[2]  milliseconds until another may look for dead workers
-- ARGV[3]  milliseconds that a stream without readers is kept
-- ARGV[4]  milliseconds after which a worker without a heartbeat is forgotten
-- Returns 1 if it is this worker's turn to look.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - ARGV[4]))
for i = 3, #KEYS do redis.call('PEXPIRE', KEYS[i], ARGV[3]) end
return redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0
