-- server/conversation/away.lua: how long has a side been without a line? After a while the other side is told.
-- KEYS  [1] bi:{c:ID}:m  hash, the meta
-- ARGV  [1] conversation  [2] this process  [3] side, 'c' or 's'  [4] away after so many ms  [5] over after so many
--       ms
-- Reply {0, 0} it has a line, or the talk is not paired (any more); {1, ms until it is away}; {2, ms until it is
--       over, 0: now}.
-- Rings `line` at the other side's processes when it becomes away. Twice: the second tells nobody again.
-- O(processes), one slot; the clock is Redis's.
local side = ARGV[3]
local m = redis.call('HMGET', KEYS[1], 'state', 'gone_' .. side, 'away_' .. side, 'line', 'procs')
if m[1] ~= 'paired' or not m[2] then
  return { 0, 0 }
end
local time = redis.call('TIME')
local gone = time[1] * 1000 + math.floor(time[2] / 1000) - m[2]
if gone < tonumber(ARGV[4]) then
  return { 1, ARGV[4] - gone }
end
if not m[3] then
  redis.call('HSET', KEYS[1], 'away_' .. side, 1)
  redis.call('HINCRBY', KEYS[1], 'rev', 1)
  local others = side == 's' and (string.gsub(m[4] or '', ':.*', '')) or (m[5] or '')
  for proc in string.gmatch(others, '[^,]+') do
    if proc ~= ARGV[2] then redis.call('PUBLISH', 'bi:p:' .. proc, 'line ' .. ARGV[1]) end
  end
end
return { 2, math.max(0, ARGV[5] - gone) }
