-- server/desk/ending.lua: the decision to end a talk; puts the rest of the chain on the list of what is due ("f
-- CONV").
-- KEYS  [1] bi:{desk}:w:CONV  [2] bi:{desk}:due
-- ARGV  [1] CONV  [2] by  [3] the chain is run by another after, ms
-- Reply {by, PRO, hash, POOL}; errors NOT_FOUND, NOT_NOW (it waits).
-- Twice: the first `by` stands. One slot.
local w = redis.call('HMGET', KEYS[1], 'state', 'pro', 'hash', 'pool', 'by')
if not w[1] then
  redis.call('ZREM', KEYS[2], 'f ' .. ARGV[1])
  return redis.error_reply('NOT_FOUND no such talk')
end
if w[1] == 'waiting' then
  return redis.error_reply('NOT_NOW it waits')
end
local by = w[5] or ARGV[2]
local t = redis.call('TIME')
redis.call('HSET', KEYS[1], 'state', 'ending', 'by', by)
redis.call('ZADD', KEYS[2], t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ARGV[3]), 'f ' .. ARGV[1])
return { by, w[2], w[3], w[4] }
