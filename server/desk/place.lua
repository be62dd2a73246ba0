-- server/desk/place.lua: where a waiting child stands; with a process, also that its line is back there.
-- KEYS  [1] bi:{desk}:w:CONV   [2] bi:{desk}:due
-- ARGV  [1] CONV  [2] PROC of the line that is back, or '' to look only
-- Reply {POOL, crowd 0/1, rank among its kind from 0, others of the pool, phase, on duty, pairing time ms, ...};
--       error NOT_FOUND.
-- Twice: the same. O(log n), one slot; the pool's keys are named after the card's member.
local w = redis.call('HMGET', KEYS[1], 'state', 'pool', 'crowd', 'proc')
if w[1] ~= 'waiting' then
  return redis.error_reply('NOT_FOUND not waiting')
end
if ARGV[2] ~= '' then
  redis.call('HSET', KEYS[1], 'away', '0', 'proc', ARGV[2])
  redis.call('SREM', 'bi:{desk}:at:' .. w[4], ARGV[1])
  redis.call('SADD', 'bi:{desk}:at:' .. ARGV[2], ARGV[1])
  redis.call('ZREM', KEYS[2], 'w ' .. ARGV[1])
end
local own = w[3] == '1' and 'qc:' or 'q:'
local other = w[3] == '1' and 'q:' or 'qc:'
local rank = redis.call('ZRANK', 'bi:{desk}:' .. own .. w[2], ARGV[1])
if not rank then
  return redis.error_reply('NOT_FOUND in no queue')
end
local reply = {
  w[2], tonumber(w[3]), rank, redis.call('ZCARD', 'bi:{desk}:' .. other .. w[2]),
  tonumber(redis.call('GET', 'bi:{desk}:phase:' .. w[2]) or '0'), redis.call('SCARD', 'bi:{desk}:duty:' .. w[2]),
}
for _, at in ipairs(redis.call('LRANGE', 'bi:{desk}:pace:' .. w[2], 0, -1)) do
  reply[#reply + 1] = at
end
return reply
