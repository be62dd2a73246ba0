-- server/conversation/forget.lua: a device is gone for good; its wrapped key goes with it (L33).
-- KEYS  [1] bi:{c:ID}:m  hash, the meta  [2] bi:{c:ID}:d  hash: device -> JSON  [3] bi:{c:ID}:k  hash: device ->
--       wrapped
-- ARGV  [1] device
-- Reply 1 it was in it, 0 not. What it said stays, and so do its numbers. Twice: 0. O(1), one slot, no clock, no
--       random.
redis.call('HDEL', KEYS[3], ARGV[1])
if redis.call('HDEL', KEYS[2], ARGV[1]) == 0 then
  return 0
end
redis.call('HDEL', KEYS[1], 'v:' .. ARGV[1])
redis.call('HINCRBY', KEYS[1], 'rev', 1)
return 1
