-- server/desk/order.lua: a pool's queue as it stands.
-- KEYS  [1] bi:{desk}:q:POOL  [2] bi:{desk}:qc:POOL  [3] bi:{desk}:phase:POOL  [4] bi:{desk}:duty:POOL  [5]
--       bi:{desk}:pace:POOL
-- Reply {phase, on duty, {pairing time ms, ...}, {CONV, ...}, {CONV of the crowd, ...}}. Reads only. O(n), one slot.
return {
  tonumber(redis.call('GET', KEYS[3]) or '0'), redis.call('SCARD', KEYS[4]), redis.call('LRANGE', KEYS[5], 0, -1),
  redis.call('ZRANGE', KEYS[1], 0, -1), redis.call('ZRANGE', KEYS[2], 0, -1),
}
