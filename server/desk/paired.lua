-- server/desk/paired.lua: the pairing chain has run; or (look) whose turn in it it is.
-- KEYS  [1] bi:{desk}:w:CONV  [2] bi:{desk}:due
-- ARGV  [1] CONV  [2] '1': it has run
-- Reply {state, PRO, hash}; error NOT_FOUND. Twice: the same. One slot.
local w = redis.call('HMGET', KEYS[1], 'state', 'pro', 'hash')
if not w[1] then
  redis.call('ZREM', KEYS[2], 'p ' .. ARGV[1])
  return redis.error_reply('NOT_FOUND nobody')
end
if ARGV[2] == '1' then
  if w[1] == 'pairing' then
    redis.call('HSET', KEYS[1], 'state', 'paired')
  end
  redis.call('ZREM', KEYS[2], 'p ' .. ARGV[1])
end
return { w[1], w[2] or '', w[3] }
