-- server/desk/offer.lua: what an offer says, or (without one) what the child of a talk brought.
-- KEYS  [1] bi:{desk}:o:OFFER, or bi:{desk}:w:CONV when ARGV[1] is a conversation
-- ARGV  [1] CONV or ''
-- Reply {CONV, PRO or '', ms left, ms waited, topic, mood, urgent, language, municipality, pool, returning}; error
--       NOT_FOUND.
-- Reads only. One slot.
local conv, pro, left = ARGV[1], '', 0
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if conv == '' then
  local o = redis.call('HMGET', KEYS[1], 'conv', 'pro', 'expires')
  if not o[1] or tonumber(o[3]) <= now then
    return redis.error_reply('NOT_FOUND no such offer')
  end
  conv, pro, left = o[1], o[2], tonumber(o[3]) - now
end
local w = redis.call('HMGET', 'bi:{desk}:w:' .. conv, 'arrived', 'topic', 'mood', 'urgent', 'language',
  'municipality', 'pool', 'returning', 'taken')
if not w[1] then
  return redis.error_reply('NOT_FOUND nobody waits')
end
return { conv, pro, left, tonumber(w[9] or now) - tonumber(w[1]), w[2], w[3], w[4], w[5], w[6], w[7], w[8] }
