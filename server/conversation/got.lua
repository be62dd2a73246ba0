-- server/conversation/got.lua: a side has seen everything up to an id.
-- KEYS  [1] bi:{c:ID}:m  hash, the meta  [2] bi:{c:ID}:s  stream
-- ARGV  [1] conversation  [2] this process  [3] side, 'c' or 's'  [4] id as the stream spells it  [5] id as the wire
--       does
-- Reply 1 it is news, 0 an earlier or unknown id. Rings `seen` at the other side's processes.
-- The wire's spelling has one length and sorts by bytes, so that is what is kept and compared.
-- Twice: the second is no news. O(processes), one slot, no clock, no random.
local m = redis.call('HMGET', KEYS[1], 'got_' .. ARGV[3], 'last', 'line', 'procs')
if not m[2] or (m[1] and m[1] >= ARGV[5]) then
  return 0
end
if m[2] ~= ARGV[4] and #redis.call('XRANGE', KEYS[2], ARGV[4], ARGV[4]) == 0 then
  return 0
end
redis.call('HSET', KEYS[1], 'got_' .. ARGV[3], ARGV[5])
local others = ARGV[3] == 's' and (string.gsub(m[3] or '', ':.*', '')) or (m[4] or '')
for proc in string.gmatch(others, '[^,]+') do
  if proc ~= ARGV[2] then
    redis.call('PUBLISH', 'bi:p:' .. proc, table.concat({ 'seen', ARGV[1], ARGV[3], ARGV[5] }, ' '))
  end
end
return 1
