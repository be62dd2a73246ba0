-- server/desk/talks.lua: a professional's talks and offers.
-- KEYS  [1] bi:{desk}:load:PRO  [2] bi:{desk}:ended:PRO  [3] bi:{desk}:offers:PRO
-- ARGV  [1] an end is kept for delivery, ms
-- Reply {{CONV that runs or ended a moment ago, ...}, {OFFER, ...}}. One slot.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local talks = redis.call('SMEMBERS', KEYS[1])
for _, conv in ipairs(redis.call('ZRANGE', KEYS[2], now - tonumber(ARGV[1]), '+inf', 'BYSCORE')) do
  talks[#talks + 1] = conv
end
return { talks, redis.call('SMEMBERS', KEYS[3]) }
