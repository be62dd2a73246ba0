-- server/conversation/typing.lua: tell the other side's processes that somebody types, or no more. Keeps nothing.
-- KEYS  [1] bi:{c:ID}:m  hash, the meta
-- ARGV  [1] conversation  [2] this process  [3] side, 'c' or 's'  [4] sender  [5] '1' or '0'  [6] alias
-- Reply 1 told, 0 the talk is not paired. Rings `typing`. Reads only; a lost ring heals when the receiver forgets it.
-- O(processes), one slot, no clock, no random.
local m = redis.call('HMGET', KEYS[1], 'state', 'line', 'procs')
if m[1] ~= 'paired' then
  return 0
end
local others = ARGV[3] == 's' and (string.gsub(m[2] or '', ':.*', '')) or (m[3] or '')
for proc in string.gmatch(others, '[^,]+') do
  if proc ~= ARGV[2] then
    redis.call('PUBLISH', 'bi:p:' .. proc, table.concat({ 'typing', ARGV[1], ARGV[3], ARGV[4], ARGV[5], ARGV[6] }, ' '))
  end
end
return 1
