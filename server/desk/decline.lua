-- server/desk/decline.lua: an offer is passed on, or its time is over.
-- KEYS  [1] bi:{desk}:o:OFFER  [2] bi:{desk}:due
-- ARGV  [1] OFFER  [2] PRO who passes it on, or '' when its time is over
-- Reply {PRO, POOL}; error NOT_FOUND (over, or another's; or its time is not over yet).
-- The child remembers who passed it on, the professional goes behind the others. Twice: NOT_FOUND. One slot.
local o = redis.call('HMGET', KEYS[1], 'conv', 'pro', 'expires')
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if not o[1] then
  redis.call('ZREM', KEYS[2], 'o ' .. ARGV[1])
  return redis.error_reply('NOT_FOUND over')
end
if (ARGV[2] ~= '' and o[2] ~= ARGV[2]) or (ARGV[2] == '' and tonumber(o[3]) > now) then
  return redis.error_reply('NOT_FOUND not yours, or not yet')
end
local key = 'bi:{desk}:w:' .. o[1]
redis.call('UNLINK', KEYS[1])
redis.call('SREM', 'bi:{desk}:offers:' .. o[2], ARGV[1])
redis.call('ZREM', KEYS[2], 'o ' .. ARGV[1])
redis.call('HSET', 'bi:{desk}:pro:' .. o[2], 'idle', now)
local pool = ''
if redis.call('HGET', key, 'offer') == ARGV[1] then
  redis.call('HSET', key, 'offer', '', 'no:' .. o[2], now)
  pool = redis.call('HGET', key, 'pool')
end
return { o[2], pool }
