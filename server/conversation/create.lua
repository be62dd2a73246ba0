-- server/conversation/create.lua: begin a conversation in state waiting.
-- KEYS  [1] bi:{c:ID}:m  hash, the meta
-- ARGV  [1] the session's token hash  [2] how long everything is kept at most, ms
-- Reply 1 made, 0 it was there already.
-- Twice: the first stands. O(1), one slot, no clock, no random.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
redis.call('HSET', KEYS[1], 'state', 'waiting', 'hash', ARGV[1], 'rev', 1, 'bytes', 0, 'count', 0)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
