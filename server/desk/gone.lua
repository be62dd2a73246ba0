-- server/desk/gone.lua: a waiting child's line is lost: it keeps its place, is not offered, an open offer of it moves
-- on.
-- KEYS  [1] bi:{desk}:w:CONV  [2] bi:{desk}:due  [3] bi:{desk}:at:PROC
-- ARGV  [1] CONV  [2] PROC whose line it was  [3] the place is kept, ms
-- Reply {OFFER, PRO} of an offer that was withdrawn, or {}.
-- Twice: nothing the second time but the later deadline. One slot.
redis.call('SREM', KEYS[3], ARGV[1])
local w = redis.call('HMGET', KEYS[1], 'state', 'proc', 'offer')
if w[1] ~= 'waiting' or w[2] ~= ARGV[2] then
  return {}
end
local t = redis.call('TIME')
redis.call('HSET', KEYS[1], 'away', '1', 'offer', '')
redis.call('ZADD', KEYS[2], t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ARGV[3]), 'w ' .. ARGV[1])
local pro = w[3] ~= '' and redis.call('HGET', 'bi:{desk}:o:' .. w[3], 'pro')
if not pro then
  return {}
end
redis.call('UNLINK', 'bi:{desk}:o:' .. w[3])
redis.call('SREM', 'bi:{desk}:offers:' .. pro, w[3])
redis.call('ZREM', KEYS[2], 'o ' .. w[3])
return { w[3], pro }
