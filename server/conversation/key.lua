-- server/conversation/key.lua: keep the conversation's key, wrapped for a device.
-- KEYS  [1] bi:{c:ID}:m  hash, the meta  [2] bi:{c:ID}:d  hash: device -> JSON  [3] bi:{c:ID}:k  hash: device ->
--       wrapped
-- ARGV  [1] conversation  [2] this process  [3] device  [4] wrapped, JSON  [5] lifetime of a new hash, ms
-- Reply 1; errors NOT_FOUND (the talk, or the device in it), NOT_NOW. Rings `key` at every other process with staff.
-- Twice: the last one is kept. O(processes), one slot, no clock, no random.
local m = redis.call('HMGET', KEYS[1], 'state', 'procs')
if not m[1] or not redis.call('HGET', KEYS[2], ARGV[3]) then
  return redis.error_reply('NOT_FOUND no such device in it')
elseif m[1] ~= 'paired' then
  return redis.error_reply('NOT_NOW it has ended')
end
local new = redis.call('EXISTS', KEYS[3]) == 0
redis.call('HSET', KEYS[3], ARGV[3], ARGV[4])
if new then redis.call('PEXPIRE', KEYS[3], ARGV[5]) end
redis.call('HINCRBY', KEYS[1], 'rev', 1)
for proc in string.gmatch(m[2] or '', '[^,]+') do
  if proc ~= ARGV[2] then
    redis.call('PUBLISH', 'bi:p:' .. proc, 'key ' .. ARGV[1] .. ' ' .. ARGV[3])
  end
end
return 1
