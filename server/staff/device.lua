-- server/staff/device.lua: a device belongs to the professional who said it first; the longest unused make room.
-- KEYS  [1] bi:{staff}:dev:DEVICE  string: PRO   [2] bi:{staff}:d:PRO  sorted set: DEVICE -> ms of last use
-- ARGV  [1] DEVICE  [2] PRO  [3] most devices  [4] how long a device is remembered, ms
-- Reply: devices that went; error FORBIDDEN (another's).
-- Twice: the same. One slot ({staff}).
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[2] then
  return redis.error_reply('FORBIDDEN the device is another professional\'s')
end
local t = redis.call('TIME')
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[4])
redis.call('ZADD', KEYS[2], t[1] * 1000 + math.floor(t[2] / 1000), ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
local extra = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[3])
if extra <= 0 then
  return {}
end
local gone = redis.call('ZRANGE', KEYS[2], 0, extra - 1)
for _, device in ipairs(gone) do
  redis.call('ZREM', KEYS[2], device)
  redis.call('UNLINK', 'bi:{staff}:dev:' .. device)
end
return gone
