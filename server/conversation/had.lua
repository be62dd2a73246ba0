-- server/conversation/had.lua: a side has surely had the end (PROTOCOL.md 4, DESIGN.md promise 5).
-- KEYS  [1] bi:{c:ID}:m  hash, the meta
-- ARGV  [1] side, 'c' or 's'
-- Reply 1 both sides have had it: purge now; 0 not yet, or gone already.
-- Twice: replies the same, so that a purge that was lost comes again. O(1), one slot, no clock, no random.
local m = redis.call('HMGET', KEYS[1], 'state', 'hash', 'had_c', 'had_s')
if m[1] ~= 'ended' or not m[2] then
  return 0
end
redis.call('HSET', KEYS[1], 'had_' .. ARGV[1], 1)
local other = ARGV[1] == 'c' and m[4] or m[3]
return other and 1 or 0
