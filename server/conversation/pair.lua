-- server/conversation/pair.lua: waiting -> paired with one professional.
-- KEYS  [1] bi:{c:ID}:m  hash, the meta  [2] bi:{c:ID}:s  stream
-- ARGV  [1] professional  [2] how long everything is kept from now on at most, ms
-- Reply which sides have no line at this moment: 1 child, 2 staff, 3 both, 0 none.
--       Errors NOT_FOUND, NOT_NOW (ended), EXISTS (paired with another).
-- One script because two desks may pair at once: the first stands. Twice with the same professional changes nothing.
-- Whoever has no line is gone since now: if the process that pairs dies here, the clocks still start, when the chain
-- is
-- run again. O(1), one slot; the clock is Redis's.
local m = redis.call('HMGET', KEYS[1], 'state', 'pro', 'line', 'procs', 'gone_c', 'gone_s')
if not m[1] then
  return redis.error_reply('NOT_FOUND no such conversation')
elseif m[1] == 'ended' then
  return redis.error_reply('NOT_NOW it has ended')
elseif m[1] == 'paired' and m[2] ~= ARGV[1] then
  return redis.error_reply('EXISTS paired with another')
end
local without = 0
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if not m[3] or m[3] == '' then
  without = 1
  if not m[5] then redis.call('HSET', KEYS[1], 'gone_c', now) end
end
if not m[4] or m[4] == '' then
  without = without + 2
  if not m[6] then redis.call('HSET', KEYS[1], 'gone_s', now) end
end
if m[1] == 'waiting' then
  redis.call('HSET', KEYS[1], 'state', 'paired', 'pro', ARGV[1])
  redis.call('HINCRBY', KEYS[1], 'rev', 1)
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
end
return without
