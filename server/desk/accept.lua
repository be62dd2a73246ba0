-- server/desk/accept.lua: a professional takes an offer: the decision of a pairing.
-- KEYS  [1] bi:{desk}:o:OFFER  [2] bi:{desk}:offers:PRO  [3] bi:{desk}:load:PRO  [4] bi:{desk}:pro:PRO  [5]
--       bi:{desk}:due
--       [6] bi:{desk}:ver  [7] bi:{desk}:talks
-- ARGV  [1] OFFER  [2] PRO  [3] the chain is run by another after, ms
-- Reply {CONV}; errors NOT_FOUND (over, or another's), NOT_NOW (beyond capacity).
-- One script so that two processes never give one child to two, and never more than capacity to one. It also puts the
-- rest of
-- the chain on the list of what is due ("p CONV"). Twice: NOT_FOUND. One slot, keys named after members.
local o = redis.call('HMGET', KEYS[1], 'conv', 'pro', 'expires')
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if not o[1] or o[2] ~= ARGV[2] or tonumber(o[3]) <= now then
  return redis.error_reply('NOT_FOUND over, or not yours')
end
local key = 'bi:{desk}:w:' .. o[1]
local w = redis.call('HMGET', key, 'state', 'pool', 'proc', 'offer')
if w[1] ~= 'waiting' or w[4] ~= ARGV[1] then
  return redis.error_reply('NOT_FOUND over')
end
if redis.call('SCARD', KEYS[3]) >= tonumber(redis.call('HGET', KEYS[4], 'capacity') or '0') then
  return redis.error_reply('NOT_NOW full')
end
redis.call('ZREM', 'bi:{desk}:q:' .. w[2], o[1])
redis.call('ZREM', 'bi:{desk}:qc:' .. w[2], o[1])
redis.call('SREM', 'bi:{desk}:at:' .. w[3], o[1])
redis.call('INCR', 'bi:{desk}:phase:' .. w[2])
redis.call('LPUSH', 'bi:{desk}:pace:' .. w[2], now)
redis.call('LTRIM', 'bi:{desk}:pace:' .. w[2], 0, 19)
redis.call('UNLINK', KEYS[1])
redis.call('SREM', KEYS[2], ARGV[1])
redis.call('SADD', KEYS[3], o[1])
redis.call('SADD', KEYS[7], o[1])
redis.call('HSET', KEYS[4], 'idle', now)
redis.call('HSET', key, 'state', 'pairing', 'pro', ARGV[2], 'offer', '', 'taken', now)
redis.call('ZREM', KEYS[5], 'o ' .. ARGV[1])
redis.call('ZREM', KEYS[5], 'w ' .. o[1])
redis.call('ZADD', KEYS[5], now + tonumber(ARGV[3]), 'p ' .. o[1])
redis.call('INCR', KEYS[6])
return { o[1] }
