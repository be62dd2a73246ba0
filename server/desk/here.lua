-- server/desk/here.lua: a professional's first socket in a process has come, or its last has gone.
-- KEYS  [1] bi:{desk}:here:PRO  hash: PROC -> 1  [2] bi:{desk}:due  [3] bi:{desk}:offers:PRO
--       [4] bi:{desk}:pros:PROC  set: whose sockets PROC has, on duty or not, for whoever takes over (lapse.lua)
-- ARGV  [1] PRO  [2] PROC  [3] '1' come, '0' gone  [4] duty is kept after the last, ms
-- Reply {OFFER, ...}: with the last socket anywhere its open offers move on at once.
-- Twice: the same. One slot.
if ARGV[3] == '1' then
  redis.call('HSET', KEYS[1], ARGV[2], '1')
  redis.call('PEXPIRE', KEYS[1], 172800000)
  redis.call('SADD', KEYS[4], ARGV[1])
  redis.call('PEXPIRE', KEYS[4], 172800000)
  redis.call('ZREM', KEYS[2], 'd ' .. ARGV[1])
  return {}
end
redis.call('SREM', KEYS[4], ARGV[1])
redis.call('HDEL', KEYS[1], ARGV[2])
if redis.call('HLEN', KEYS[1]) > 0 then
  return {}
end
local t = redis.call('TIME')
redis.call('ZADD', KEYS[2], t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ARGV[4]), 'd ' .. ARGV[1])
local offers = redis.call('SMEMBERS', KEYS[3])
for _, offer in ipairs(offers) do
  local conv = redis.call('HGET', 'bi:{desk}:o:' .. offer, 'conv')
  redis.call('UNLINK', 'bi:{desk}:o:' .. offer)
  redis.call('SREM', KEYS[3], offer)
  redis.call('ZREM', KEYS[2], 'o ' .. offer)
  if conv and redis.call('HGET', 'bi:{desk}:w:' .. conv, 'offer') == offer then
    redis.call('HSET', 'bi:{desk}:w:' .. conv, 'offer', '')
  end
end
return offers
