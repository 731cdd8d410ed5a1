-- Dates back to now the heartbeats that lie ahead: Redis's clock has been put back, and who has died
-- since would not be missed for as long. A part of other scripts.
--
-- beats  heartbeats, a sorted set
-- now    in milliseconds

local function clamp(beats, now)
    now = string.format('%.0f', now)
    for _, name in ipairs(redis.call('ZRANGEBYSCORE', beats, '(' .. now, '+inf')) do
        redis.call('ZADD', beats, now, name)
    end
end
