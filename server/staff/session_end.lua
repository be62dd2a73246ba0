-- server/staff/session_end.lua: a session ends.
-- KEYS  [1] bi:{staff}:s:HASH   ARGV  [1] HASH
-- Reply 1; error NOT_FOUND. Twice: NOT_FOUND the second time. One slot ({staff}).
local pro = redis.call('HGET', KEYS[1], 'pro')
if not pro then
  return redis.error_reply('NOT_FOUND no such session')
end
redis.call('UNLINK', KEYS[1])
redis.call('ZREM', 'bi:{staff}:p:' .. pro, ARGV[1])
return 1
