-- Removes messages that have been put back on their channels, unless one has come again meanwhile.
--
-- KEYS[1]  places by when somebody should see to them
-- KEYS[2…] the places of the messages
-- ARGV     for each place its name, and the mark of the message that was put back

for i = 2, #KEYS do
    local name, mark = ARGV[2 * i - 3], ARGV[2 * i - 2]
    if redis.call('HGET', KEYS[i], 'mark') == mark then
        redis.call('DEL', KEYS[i])
        redis.call('ZREM', KEYS[1], name)
    end
end
