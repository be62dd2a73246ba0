-- server/desk/leave.lua: a place in the queue is given up, by the child or because its keeping time is over.
-- KEYS  [1] bi:{desk}:w:CONV  [2] bi:{desk}:due  [3] bi:{desk}:ver
-- ARGV  [1] CONV  [2] '1': only if the line is away (a deadline that came too late does nothing)
--       [3] the talk is removed by another after, ms
-- Reply {hash, OFFER or '', PRO or ''}; errors NOT_FOUND, NOT_NOW (being paired, or paired).
-- Puts the rest, the removal of the talk, on the list of what is due ("x CONV"). Twice: NOT_FOUND. One slot.
local w = redis.call('HMGET', KEYS[1], 'state', 'pool', 'proc', 'offer', 'hash', 'away')
if not w[1] then
  redis.call('ZREM', KEYS[2], 'w ' .. ARGV[1])
  return redis.error_reply('NOT_FOUND not waiting')
end
if w[1] ~= 'waiting' or (ARGV[2] == '1' and w[6] ~= '1') then
  -- Here and not by the caller afterwards: a line that is lost again meanwhile must not lose its new deadline.
  if w[1] ~= 'waiting' or w[6] ~= '1' then redis.call('ZREM', KEYS[2], 'w ' .. ARGV[1]) end
  return redis.error_reply('NOT_NOW paired, or back')
end
redis.call('ZREM', 'bi:{desk}:q:' .. w[2], ARGV[1])
redis.call('ZREM', 'bi:{desk}:qc:' .. w[2], ARGV[1])
redis.call('SREM', 'bi:{desk}:at:' .. w[3], ARGV[1])
redis.call('ZREM', KEYS[2], 'w ' .. ARGV[1])
redis.call('UNLINK', KEYS[1])
local t = redis.call('TIME')
redis.call('ZADD', KEYS[2], t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ARGV[3]), 'x ' .. ARGV[1])
redis.call('INCR', KEYS[3])
local pro = w[4] ~= '' and redis.call('HGET', 'bi:{desk}:o:' .. w[4], 'pro')
if not pro then
  return { w[5], '', '' }
end
redis.call('UNLINK', 'bi:{desk}:o:' .. w[4])
redis.call('SREM', 'bi:{desk}:offers:' .. pro, w[4])
redis.call('ZREM', KEYS[2], 'o ' .. w[4])
return { w[5], w[4], pro }
