-- server/desk/release.lua: the last step of an end: the professional has room again, the talk waits for both sides to
-- have had it.
-- KEYS  [1] bi:{desk}:w:CONV  [2] bi:{desk}:due  [3] bi:{desk}:ver  [4] bi:{desk}:talks  [5] bi:{desk}:load:PRO  [6]
--       bi:{desk}:pro:PRO
--       [7] bi:{desk}:ended:PRO  sorted set: CONV -> ms
-- ARGV  [1] CONV  [2] an end is kept for delivery, ms
-- Reply 1. Twice: the same. One slot.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('SREM', KEYS[4], ARGV[1])
if redis.call('SREM', KEYS[5], ARGV[1]) == 1 then
  redis.call('HSET', KEYS[6], 'idle', now)
  redis.call('ZADD', KEYS[7], now, ARGV[1])
  redis.call('PEXPIRE', KEYS[7], 600000)
  redis.call('ZADD', KEYS[2], now + tonumber(ARGV[2]), 'x ' .. ARGV[1])
end
redis.call('UNLINK', KEYS[1])
redis.call('ZREM', KEYS[2], 'f ' .. ARGV[1])
redis.call('ZREM', KEYS[2], 'p ' .. ARGV[1])
redis.call('INCR', KEYS[3])
return 1
