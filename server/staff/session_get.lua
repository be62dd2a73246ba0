-- server/staff/session_get.lua: whose session, and that it is used now. A device of it, if given, counts as used too.
-- KEYS  [1] bi:{staff}:s:HASH
-- ARGV  [1] HASH  [2] idle ms  [3] ms in all  [4] device or ''
-- Reply {PRO, generation}; error NOT_FOUND.
-- Twice: the same. One slot ({staff}); the professional's keys are named after the session's member.
local s = redis.call('HMGET', KEYS[1], 'pro', 'generation', 'made')
if not s[1] then
  return redis.error_reply('NOT_FOUND no such session')
end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local pro = 'bi:{staff}:p:' .. s[1]
if now - tonumber(s[3]) > tonumber(ARGV[3]) then
  redis.call('UNLINK', KEYS[1])
  redis.call('ZREM', pro, ARGV[1])
  return redis.error_reply('NOT_FOUND its twelve hours are over')
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('ZADD', pro, now, ARGV[1])
redis.call('PEXPIRE', pro, ARGV[3])
if ARGV[4] ~= '' and redis.call('ZSCORE', 'bi:{staff}:d:' .. s[1], ARGV[4]) then
  redis.call('ZADD', 'bi:{staff}:d:' .. s[1], now, ARGV[4])
end
return { s[1], s[2] }
