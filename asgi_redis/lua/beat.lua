-- An interface server says that it is alive, and is told what it has missed.
--
-- KEYS[1]  heartbeats of interface servers
-- KEYS[2]  its groups and channels of which messages were dropped
-- KEYS[3]  the note that it has missed what nobody can name, with the time it was written
-- KEYS[4]  channels in groups, by process
-- KEYS[5]  the note that not all can be heard
-- KEYS[6]  its inbox, where those with drops go, behind what came before
-- KEYS[7]  heartbeats of workers
-- KEYS[8]  group messages kept for whoever was not heard
-- KEYS[9]  the note that no worker could be heard for a while
-- KEYS[10] index of the kept messages by group
-- ARGV[1]  the process
-- ARGV[2]  how many of its channels are in groups
-- ARGV[3]  milliseconds without any heartbeat after which it was Redis that was away
-- ARGV[4]  milliseconds that all have then to be heard again
-- ARGV[5]  milliseconds that its inbox is kept
-- ARGV[6]  the run of Redis that heard it last, "" if none did
-- ARGV[7]  the note that it has read, "" if none
-- ARGV[8]  expiry of the note in milliseconds
-- Returns whether it was known, the note if there is one that it has not read, else "", and the run of
-- Redis. It has missed something if it had been given up; or could not be heard, while others were,
-- for longer than its inbox is kept, or for so long that nothing is kept for those whom Redis has
-- forgotten. The note stays until it says that it has read it: a heartbeat may arrive over a
-- connection that was given up, and nobody get the answer.

local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local function last_of(key) return redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2] end
local own, newest, workers = redis.call('ZSCORE', KEYS[1], ARGV[1]), last_of(KEYS[1]), last_of(KEYS[7])
-- Others prove nothing just after Redis was away for all: some are heard again before us. Workers do,
-- if they were heard all along, also when it was interface servers that were all away.
local function were_heard(last, ...)
    return last and last - own > tonumber(ARGV[4]) and redis.call('EXISTS', ...) == 0
end
local missed = own and now - own > tonumber(ARGV[5])
    and (were_heard(newest, KEYS[5], KEYS[9]) or were_heard(workers, KEYS[9]))

-- Where all are silent it was Redis that was away; where there are none, it may have forgotten them.
if not newest or now - newest > tonumber(ARGV[3]) then redis.call('SET', KEYS[5], 1, 'PX', ARGV[4]) end
if redis.call('EXISTS', KEYS[5]) == 0 then
    redis.call('UNLINK', KEYS[8], KEYS[10])
    missed = missed or not own and ARGV[6] ~= ''
end

redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('HSET', KEYS[4], ARGV[1], ARGV[2])
local dropped = redis.call('SMEMBERS', KEYS[2])
if #dropped > 0 then
    for _, name in ipairs(dropped) do redis.call('XADD', KEYS[6], '*', 'x', name, 'm', '') end
    redis.call('DEL', KEYS[2])
end
-- It may read for long what a crowd is sent, while nothing more comes.
redis.call('PEXPIRE', KEYS[6], ARGV[5])
if missed then redis.call('SET', KEYS[3], now, 'PX', ARGV[8]) end
local note = redis.call('GET', KEYS[3])
if note and note == ARGV[7] then
    redis.call('DEL', KEYS[3])
    note = nil
end
local run = redis.call('INFO', 'server'):match('run_id:(%x+)')
return {own and 1 or 0, note or '', run}
