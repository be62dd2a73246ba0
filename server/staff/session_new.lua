-- server/staff/session_new.lua: a new session; an account's longest unused ones beyond a number go (SECURITY.md L33).
-- KEYS  [1] bi:{staff}:s:HASH  hash: pro, generation, made (ms)
--       [2] bi:{staff}:p:PRO  sorted set: HASH -> ms of last use
-- ARGV  [1] HASH  [2] PRO  [3] generation  [4] most sessions  [5] idle ms  [6] ms in all
-- Reply: hashes of the sessions that went.
-- One script because the number is one fact. Twice: the same session again. One slot ({staff}); the others' keys are
-- made from members of KEYS[2], which lie in the same slot.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('HSET', KEYS[1], 'pro', ARGV[2], 'generation', ARGV[3], 'made', now)
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[6])
local gone = {}
for _, hash in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  if redis.call('EXISTS', 'bi:{staff}:s:' .. hash) == 0 then
    redis.call('ZREM', KEYS[2], hash)
  end
end
local extra = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[4])
if extra > 0 then
  gone = redis.call('ZRANGE', KEYS[2], 0, extra - 1)
  for _, hash in ipairs(gone) do
    redis.call('UNLINK', 'bi:{staff}:s:' .. hash)
    redis.call('ZREM', KEYS[2], hash)
  end
end
return gone
