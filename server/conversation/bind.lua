-- server/conversation/bind.lua: bind a session to a conversation, with its share.
-- KEYS  [1] bi:{s:HASH}  hash: conv, share; after the end: ended, by
-- ARGV  [1] conversation  [2] share  [3] lifetime, ms
-- Reply 1. Twice: the same. O(1), one slot, no clock, no random.
redis.call('HDEL', KEYS[1], 'ended', 'by')
redis.call('HSET', KEYS[1], 'conv', ARGV[1], 'share', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
