-- Takes messages whose turn it is, for whoever puts them back on their channels. They stay here, and
-- for a while nobody else gets them: should that one die in between, somebody may take them again.
--
-- KEYS     their places, in order
-- ARGV[1]  milliseconds that they are nobody else's
-- Returns {channel, message, mark} for each, up to the first place that has none.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local taken = {}
for i, place in ipairs(KEYS) do
    local channel, message, mark, till = unpack(redis.call('HMGET', place, 'channel', 'message', 'mark', 'till'))
    if not channel or till and tonumber(till) > now then break end
    redis.call('HSET', place, 'till', string.format('%.0f', now + ARGV[1]))
    taken[i] = {channel, message, mark}
end
return taken
