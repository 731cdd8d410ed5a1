-- Keeps a stream for a while: it may have longer already. What another program has under its key is
-- not touched. A part of other scripts.
--
-- stream  the key
-- time    in milliseconds

local function keep(stream, time)
    if redis.call('TYPE', stream).ok == 'stream' and redis.call('PTTL', stream) < tonumber(time) then
        redis.call('PEXPIRE', stream, time)
    end
end
