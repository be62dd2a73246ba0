-- server/cluster/tick.lua: once a second from each process: renew its lease, claim what is due, find who has lapsed.
-- KEYS  [1] bi:{desk}:procs  sorted set: process -> ms of its last renewal
--       [2] bi:{desk}:due    sorted set: "KIND ID" -> ms when it is due
--       [3] bi:{desk}:ver    counts changes of queues and roster
-- ARGV  [1] this process  [2] most entries to claim  [3] claim lasts, ms  [4] a lease lapses after, ms
-- Reply {version, entry, entry, ...}
-- A claimed entry is moved into the future, not removed: who claimed it takes it away when its work is done, and if
-- that process dies it becomes due again. A lapsed process leaves the set and becomes an entry itself ("L PROC").
-- Twice: renews twice; entries already claimed are not due. O(log n) an entry, one slot.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
for _, proc in ipairs(redis.call('ZRANGE', KEYS[1], '-inf', now - tonumber(ARGV[4]), 'BYSCORE', 'LIMIT', 0, 16)) do
  redis.call('ZREM', KEYS[1], proc)
  redis.call('ZADD', KEYS[2], now, 'L ' .. proc)
end
local due = redis.call('ZRANGE', KEYS[2], '-inf', now, 'BYSCORE', 'LIMIT', 0, tonumber(ARGV[2]))
for _, entry in ipairs(due) do
  redis.call('ZADD', KEYS[2], now + tonumber(ARGV[3]), entry)
end
table.insert(due, 1, redis.call('GET', KEYS[3]) or '0')
return due
