-- server/conversation/unbind.lua: a session's talk is over; its share is destroyed.
-- KEYS  [1] bi:{s:HASH}  hash: conv, share; after the end: conv (its words may still wait for this side), ended, by
-- ARGV  [1] only while it is bound to this conversation, '' for any  [2] by  [3] '1': keep nothing at all
--       [4] how long the token answers `ended`, ms
-- Reply 1 done, 0 it was bound to nothing, or to another talk.
-- A binding that is gone is never made again: a quick exit destroys it first, and the chain of the end comes after
-- it.
-- Twice: the second finds nothing bound. O(1), one slot, no clock, no random.
local conv = redis.call('HGET', KEYS[1], 'conv')
if ARGV[3] == '1' and (ARGV[1] == '' or conv == ARGV[1]) then
  return redis.call('UNLINK', KEYS[1])
end
if not conv or (ARGV[1] ~= '' and conv ~= ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], 'ended', 1)
redis.call('HSETNX', KEYS[1], 'by', ARGV[2])
redis.call('HDEL', KEYS[1], 'share')
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
