-- server/desk/enter.lua: a child takes a place in its pool's queue.
-- KEYS  [1] bi:{desk}:w:CONV  hash, the waiting child   [2] bi:{desk}:q:POOL or :qc:POOL  sorted set: CONV -> score,
--       ms
--       [3] bi:{desk}:at:PROC  set: waiting children with a line there   [4] bi:{desk}:ver
-- ARGV  [1] CONV  [2] PROC  [3] head start, ms  [4..] field, value, ... of KEYS[1]
-- Reply 1. One script because place and card must be one fact.
-- Twice with the same conversation: the first place stands. O(log n), one slot.
if redis.call('EXISTS', KEYS[1]) == 0 then
  local t = redis.call('TIME')
  local now = t[1] * 1000 + math.floor(t[2] / 1000)
  redis.call('HSET', KEYS[1], 'state', 'waiting', 'arrived', now, 'away', '0', 'offer', '', 'proc', ARGV[2],
    unpack(ARGV, 4))
  redis.call('PEXPIRE', KEYS[1], 172800000)
  redis.call('ZADD', KEYS[2], now - tonumber(ARGV[3]), ARGV[1])
  redis.call('SADD', KEYS[3], ARGV[1])
  redis.call('INCR', KEYS[4])
end
return 1
