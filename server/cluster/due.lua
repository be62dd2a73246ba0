-- server/cluster/due.lua: put an entry on the list of what is due, or move it.
-- KEYS  [1] bi:{desk}:due  sorted set: "KIND ID" -> ms when it is due
-- ARGV  [1] entry  [2] ms from now
-- Reply 1. Twice: the later time stands. One script because the time must be Redis's own. One slot.
local t = redis.call('TIME')
redis.call('ZADD', KEYS[1], t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ARGV[2]), ARGV[1])
return 1
