-- server/desk/leave.lua: a place in the queue is given up, by the child or because its keeping time is over.
-- KEYS  [1] bi:{desk}:w:CONV  [2] bi:{desk}:due  [3] bi:{desk}:ver
-- ARGV  [1] CONV  [2] '1': only if the line is away (a deadline that came too late does nothing)
-- Reply {hash, OFFER or '', PRO or ''}; errors NOT_FOUND, NOT_NOW (being paired, or paired).
-- Twice: NOT_FOUND. One slot.
local w = redis.call('HMGET', KEYS[1], 'state', 'pool', 'proc', 'offer', 'hash', 'away')
if not w[1] then
  return redis.error_reply('NOT_FOUND not waiting')
end
if w[1] ~= 'waiting' or (ARGV[2] == '1' and w[6] ~= '1') then
  return redis.error_reply('NOT_NOW paired, or back')
end
redis.call('ZREM', 'bi:{desk}:q:' .. w[2], ARGV[1])
redis.call('ZREM', 'bi:{desk}:qc:' .. w[2], ARGV[1])
redis.call('SREM', 'bi:{desk}:at:' .. w[3], ARGV[1])
redis.call('ZREM', KEYS[2], 'w ' .. ARGV[1])
redis.call('UNLINK', KEYS[1])
redis.call('INCR', KEYS[3])
local pro = w[4] ~= '' and redis.call('HGET', 'bi:{desk}:o:' .. w[4], 'pro')
if not pro then
  return { w[5], '', '' }
end
redis.call('UNLINK', 'bi:{desk}:o:' .. w[4])
redis.call('SREM', 'bi:{desk}:offers:' .. pro, w[4])
redis.call('ZREM', KEYS[2], 'o ' .. w[4])
return { w[5], w[4], pro }
