-- server/conversation/end.lua: append the end; after it nothing is appended.
-- KEYS  [1] bi:{c:ID}:m  hash, the meta  [2] bi:{c:ID}:s  stream
-- ARGV  [1] conversation  [2] this process  [3] by: child, staff, timeout, exit, blocked  [4] lifetime of a new
--       stream, ms
-- Reply {session hash, professional or '', by of the first end}; error NOT_FOUND.
-- Rings `look` at every other process that has a line of it.
-- One script because the state and the entry must be one fact: what was acknowledged stands before the end.
-- Twice: the first end stands and is told. After a quick exit the child's side has had its end: it never comes back.
-- O(processes), one slot, no random.
local m = redis.call('HMGET', KEYS[1], 'state', 'hash', 'pro', 'by', 'line', 'procs', 'count')
if not m[1] or not m[2] then
  return redis.error_reply('NOT_FOUND no such conversation')
end
if m[1] == 'ended' then
  return { m[2], m[3] or '', m[4] or 'timeout' }
end
local id = redis.call('XADD', KEYS[2], '*', 'e', ARGV[3])
if m[7] == '0' then
  redis.call('PEXPIRE', KEYS[2], ARGV[4])
end
redis.call('HSET', KEYS[1], 'state', 'ended', 'by', ARGV[3], 'last', id)
if ARGV[3] == 'exit' then
  redis.call('HSET', KEYS[1], 'had_c', 1)
end
redis.call('HINCRBY', KEYS[1], 'rev', 1)
local rung = { [ARGV[2]] = true }
for proc in string.gmatch((string.gsub(m[5] or '', ':.*', '')) .. ',' .. (m[6] or ''), '[^,]+') do
  if not rung[proc] then
    rung[proc] = true
    redis.call('PUBLISH', 'bi:p:' .. proc, 'look ' .. ARGV[1])
  end
end
return { m[2], m[3] or '', ARGV[3] }
