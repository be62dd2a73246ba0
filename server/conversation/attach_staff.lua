-- server/conversation/attach_staff.lua: a device begins to follow; puts it into the talk if it is not in it. look.lua
-- follows as its tail.
-- KEYS  [1] bi:{c:ID}:m  hash, the meta  [2] bi:{c:ID}:d  hash: device -> JSON [order, why, key, cert, professional,
--       alias, trade, about]  [3] bi:{c:ID}:k
-- ARGV  [1] conversation  [2] this process  [3] device  [4] professional  [5] most devices  [6] lifetime of a new
--       hash, ms [7] why  [8] key; '' when a line that was here all the time says so again: then the device must be
--       in it [9] cert  [10] alias  [11] trade  [12] about
-- Reply as look.lua; errors NOT_FOUND (also: another's talk), FULL. Rings `device` at the child's process for a new
--       device, and `line` if the child had been told that staff are away.
-- One script because membership, the count of devices and the line must be one fact.
-- Twice with the same device changes nothing. O(devices), one slot, no clock, no random.
do
  local m = redis.call('HMGET', KEYS[1], 'state', 'pro', 'procs', 'away_s', 'line', 'hash')
  if not m[1] or not m[6] or (ARGV[8] ~= '' and m[2] ~= ARGV[4]) then
    return redis.error_reply('NOT_FOUND no such conversation of this professional')
  end
  local member = redis.call('HGET', KEYS[2], ARGV[3])
  if not member and (ARGV[8] == '' or m[1] ~= 'paired') then
    return redis.error_reply('NOT_FOUND this device is not in it')
  end
  local child = (string.gsub(m[5] or '', ':.*', ''))
  if not member then
    local flat = redis.call('HGETALL', KEYS[2])
    if #flat / 2 >= tonumber(ARGV[5]) then
      return redis.error_reply('FULL too many devices')
    end
    local why = ARGV[7]
    for i = 2, #flat, 2 do
      if why == 'paired' and cjson.decode(flat[i])[2] == 'paired' then why = 'new_device' end
    end
    local order = redis.call('HINCRBY', KEYS[1], 'devs', 1)
    redis.call('HSET', KEYS[2], ARGV[3],
      cjson.encode({ order, why, ARGV[8], ARGV[9], ARGV[4], ARGV[10], ARGV[11], ARGV[12] }))
    if #flat == 0 then redis.call('PEXPIRE', KEYS[2], ARGV[6]) end
    redis.call('HSET', KEYS[1], 'v:' .. ARGV[3], 1)
    if child ~= '' and child ~= ARGV[2] then
      redis.call('PUBLISH', 'bi:p:' .. child, 'device ' .. ARGV[1])
    end
  end
  local procs = m[3] or ''
  local here = string.find(',' .. procs .. ',', ',' .. ARGV[2] .. ',', 1, true)
  if not here then
    redis.call('HSET', KEYS[1], 'procs', procs == '' and ARGV[2] or (procs .. ',' .. ARGV[2]))
  end
  redis.call('HDEL', KEYS[1], 'gone_s', 'away_s')
  if m[4] and child ~= '' and child ~= ARGV[2] then
    redis.call('PUBLISH', 'bi:p:' .. child, 'line ' .. ARGV[1])
  end
  if not member or not here or m[4] then
    redis.call('HINCRBY', KEYS[1], 'rev', 1)
  end
end
