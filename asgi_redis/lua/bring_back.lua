-- Puts messages whose turn it is back on their channels. Where another server has the channel, the message
-- is only taken, for whoever puts it back there. It stays here, and for a while nobody else gets it: should
-- that one die in between, somebody may take it again.
--
-- KEYS[1]  places by when somebody should see to them
-- KEYS[2…] the places of the messages, in order
-- ARGV[1]  milliseconds that what was taken is nobody else's
-- ARGV[2]  expiry in milliseconds
-- ARGV[3…] the names of the places
-- Returns {name of its place, channel, message, mark} for each that was taken; ends with the first place
-- that has none.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local taken = {}
for i = 2, #KEYS do
    local place, name = KEYS[i], ARGV[i + 1]
    local channel, message, mark, till, stream = unpack(
        redis.call('HMGET', place, 'channel', 'message', 'mark', 'till', 'stream'))
    if not channel or till and tonumber(till) > now then break end
    if stream then
        redis.call('XADD', stream, '*', 'm', message)
        keep(stream, ARGV[2])
        redis.call('DEL', place)
        redis.call('ZREM', KEYS[1], name)
    else
        redis.call('HSET', place, 'till', string.format('%.0f', now + ARGV[1]))
        taken[#taken + 1] = {name, channel, message, mark}
    end
end
return taken
