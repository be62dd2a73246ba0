-- server/conversation/detach.lua: a line is lost.
-- KEYS  [1] bi:{c:ID}:m  hash, the meta
-- ARGV  [1] process  [2] side, 'c' or 's'  [3] child: the line's generation, '' for any line of that process
-- Reply 1 if the talk is paired and that side is now without a line (its clocks must start), else 0. A child's line
--       counts only while it is still the current one. Twice: the second finds it done and replies the same, so that
--       whoever runs it again also starts the clocks that a dead process did not. O(processes), one slot.
local m = redis.call('HMGET', KEYS[1], 'state', 'line', 'procs', 'hash')
if not m[1] or not m[4] then
  return 0
end
local changed, empty = false
if ARGV[2] == 'c' then
  local line, prefix = m[2] or '', ARGV[1] .. ':'
  if line == prefix .. ARGV[3] or (ARGV[3] == '' and string.sub(line, 1, #prefix) == prefix) then
    redis.call('HSET', KEYS[1], 'line', '')
    changed, line = true, ''
  end
  empty = line == ''
else
  local left = {}
  for proc in string.gmatch(m[3] or '', '[^,]+') do
    if proc == ARGV[1] then changed = true else left[#left + 1] = proc end
  end
  if changed then redis.call('HSET', KEYS[1], 'procs', table.concat(left, ',')) end
  empty = #left == 0
end
if changed then
  redis.call('HINCRBY', KEYS[1], 'rev', 1)
  if empty then
    local time = redis.call('TIME')
    redis.call('HSET', KEYS[1], 'gone_' .. ARGV[2], time[1] * 1000 + math.floor(time[2] / 1000))
  end
end
return (empty and m[1] == 'paired') and 1 or 0
