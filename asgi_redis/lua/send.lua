-- Sends messages to a worker channel, as many as it has room for.
--
-- KEYS[1]  the channel's stream
-- KEYS[2]  statistics of the layer
-- KEYS[3]  statistics of the channel, if they are kept
-- ARGV[1]  capacity: unread messages the channel may hold
-- ARGV[2]  expiry in milliseconds
-- ARGV[3]  name of the consumer group
-- ARGV[4]  expiry of the channel's statistics in milliseconds
-- ARGV[5…] the encoded messages, in order
-- Returns how many were taken; those behind them found the channel full.

local stream, capacity, expiry = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local function drop_untaken(oldest)
    local info, last = redis.call('XINFO', 'GROUPS', stream)[1], '-'
    for i = 1, #info, 2 do
        if info[i] == 'last-delivered-id' then last = '(' .. info[i + 1] end
    end
    for _, entry in ipairs(redis.call('XRANGE', stream, last, oldest)) do
        redis.call('XDEL', stream, entry[1])
    end
end

-- Messages that workers are busy with are in the stream, but not waiting in it; they stay there,
-- however old they are, because their worker may die. It is looked at how many there are only where
-- there is no room without that.
local function waiting()
    local length = redis.call('XLEN', stream)
    if length + #ARGV - 4 <= capacity then return length end
    local time = redis.call('TIME')
    local oldest = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) - expiry)
    local taken = redis.pcall('XPENDING', stream, ARGV[3])
    local count = taken.err and 0 or taken[1]
    if count > 0 then drop_untaken(oldest) else redis.call('XTRIM', stream, 'MINID', oldest) end
    return redis.call('XLEN', stream) - count
end

local room = capacity - waiting()
local left = redis.call('PTTL', stream)
local sent = math.min(math.max(room, 0), #ARGV - 4)
for i = 5, sent + 4 do
    redis.call('XADD', stream, '*', 'm', ARGV[i])
end
-- What nobody reads goes by itself; readers keep their streams for longer.
if sent > 0 and left < expiry and left ~= -1 then
    redis.call('PEXPIRE', stream, expiry)
end

for i = 2, #KEYS do
    if sent > 0 then redis.call('HINCRBY', KEYS[i], 'messages_count', sent) end
    if sent < #ARGV - 4 then redis.call('HINCRBY', KEYS[i], 'channel_full_count', #ARGV - 4 - sent) end
end
if KEYS[3] then redis.call('PEXPIRE', KEYS[3], ARGV[4]) end
return sent
