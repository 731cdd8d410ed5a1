-- Keeps a stream for a while, if it is one.
--
-- KEYS[1]  the stream
-- ARGV[1]  how many milliseconds at least

keep(KEYS[1], ARGV[1])
