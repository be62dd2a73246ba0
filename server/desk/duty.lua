-- server/desk/duty.lua: a professional goes on or off duty, or says how it stands.
-- KEYS  [1] bi:{desk}:pro:PRO  [2] bi:{desk}:roster  [3] bi:{desk}:offers:PRO  [4] bi:{desk}:load:PRO  [5]
--       bi:{desk}:due  [6] bi:{desk}:ver
-- ARGV  [1] PRO  [2] '1' on, '0' off, '' look, 'gone' off only if no socket is left  [3] capacity or ''  [4]
--       languages, comma, or '-'
--       [5] '1': these pools, '0': these only if none were ever said  [6..] pools
-- Reply {on 0/1, capacity, talks now, languages, pools, OFFER that was withdrawn, ...}.
-- Twice: the same. One slot.
local p = redis.call('HMGET', KEYS[1], 'on', 'capacity', 'languages', 'pools')
local on, capacity, languages, pools = p[1] or '0', p[2] or '3', p[3] or '', p[4] or ''
local withdrawn = {}
local set = ARGV[2]
if set == 'gone' then
  redis.call('ZREM', KEYS[5], 'd ' .. ARGV[1])
  set = redis.call('HLEN', 'bi:{desk}:here:' .. ARGV[1]) == 0 and '0' or ''
end
if set ~= '' then
  local t = redis.call('TIME')
  local now = t[1] * 1000 + math.floor(t[2] / 1000)
  if ARGV[3] ~= '' then capacity = ARGV[3] end
  if ARGV[4] ~= '-' then languages = ARGV[4] end
  for pool in string.gmatch(pools, '[^,]+') do
    redis.call('SREM', 'bi:{desk}:duty:' .. pool, ARGV[1])
  end
  if ARGV[5] == '1' or (ARGV[5] and pools == '') then pools = table.concat(ARGV, ',', 6) end
  if set == '1' then
    if on ~= '1' then redis.call('HSET', KEYS[1], 'idle', now) end
    redis.call('SADD', KEYS[2], ARGV[1])
    for pool in string.gmatch(pools, '[^,]+') do
      redis.call('SADD', 'bi:{desk}:duty:' .. pool, ARGV[1])
    end
  else
    redis.call('SREM', KEYS[2], ARGV[1])
    for _, offer in ipairs(redis.call('SMEMBERS', KEYS[3])) do
      local conv = redis.call('HGET', 'bi:{desk}:o:' .. offer, 'conv')
      redis.call('UNLINK', 'bi:{desk}:o:' .. offer)
      redis.call('SREM', KEYS[3], offer)
      redis.call('ZREM', KEYS[5], 'o ' .. offer)
      if conv and redis.call('HGET', 'bi:{desk}:w:' .. conv, 'offer') == offer then
        redis.call('HSET', 'bi:{desk}:w:' .. conv, 'offer', '')
      end
      withdrawn[#withdrawn + 1] = offer
    end
  end
  on = set
  redis.call('HSET', KEYS[1], 'on', on, 'capacity', capacity, 'languages', languages, 'pools', pools)
  redis.call('PEXPIRE', KEYS[1], 604800000)
  redis.call('INCR', KEYS[6])
end
local reply = { on, capacity, redis.call('SCARD', KEYS[4]), languages, pools }
for _, offer in ipairs(withdrawn) do
  reply[#reply + 1] = offer
end
return reply
