#!lua
-- Settles messages that a worker is done with. For the first line a server that is out of memory refuses it,
-- as it does the replies in the same round trip: a message is not done before they have left.
--
-- KEYS[1]  the stream
-- ARGV[1]  name of the consumer group
-- ARGV[2…] the ids

redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 2))
redis.call('XDEL', KEYS[1], unpack(ARGV, 2))
