-- server/conversation/look.lua: what a follower must know of a conversation. Also the tail of attach_child.lua and
-- attach_staff.lua, which change something first and then answer the same.
-- KEYS  [1] bi:{c:ID}:m  hash, the meta  [2] bi:{c:ID}:d  hash: device -> JSON  [3] bi:{c:ID}:k  hash: device ->
--       wrapped
-- ARGV  [1] conversation  [2] this process  [3] whose last n is asked for: 'child' or a device
-- Reply {state, by, rev, last stream id, session hash, professional, child's line PROC:GEN, processes with staff,
--        child away, staff away, n, {{order, device, why, wrapped, key, cert, professional, alias, trade, about},
-- ...}}
--       Absent texts are ''. Devices in the order in which they came. Error NOT_FOUND.
-- Reads only. O(devices), one slot, no clock, no random.
local m = redis.call('HMGET', KEYS[1], 'state', 'by', 'rev', 'last', 'hash', 'pro', 'line', 'procs', 'away_c', 'away_s',
  'n:' .. ARGV[3])
if not m[1] then
  return redis.error_reply('NOT_FOUND no such conversation')
end
local reply = {}
for i = 1, 11 do
  reply[i] = m[i] or ''
end
local flat = redis.call('HGETALL', KEYS[3])
local wrapped = {}
for i = 1, #flat, 2 do
  wrapped[flat[i]] = flat[i + 1]
end
flat = redis.call('HGETALL', KEYS[2])
local devices = {}
for i = 1, #flat, 2 do
  local d = cjson.decode(flat[i + 1])
  devices[#devices + 1] = { d[1], flat[i], d[2], wrapped[flat[i]] or '', d[3], d[4], d[5], d[6], d[7], d[8] }
end
table.sort(devices, function(a, b) return a[1] < b[1] end)
reply[12] = devices
return reply
