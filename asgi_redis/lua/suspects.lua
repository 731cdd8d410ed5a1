-- Lists the workers of a stream that have stopped their heartbeat.
--
-- KEYS[1]  the stream
-- KEYS[2]  heartbeats of workers
-- ARGV[1]  name of the consumer group
-- ARGV[2]  milliseconds after which a worker without a heartbeat is suspect
-- ARGV[3]  milliseconds after which it is given up whatever else is known of it
-- Returns {worker, 1 if it is to be given up}; not if there never was a heartbeat, for a worker's
-- first one may be on its way, or this server has lost it.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])
local result = {}
if consumers.err then return result end
for _, consumer in ipairs(consumers) do
    local beat = tonumber(redis.call('ZSCORE', KEYS[2], consumer[2]))
    if not beat or beat < now - ARGV[2] then
        result[#result + 1] = {consumer[2], beat and beat < now - ARGV[3] and 1 or 0}
    end
end
return result
