-- server/conversation/purge.lua: remove all of a conversation from the live store.
-- KEYS  [1] bi:{c:ID}:m  hash, the meta  [2] bi:{c:ID}:s  stream  [3] bi:{c:ID}:d  hash  [4] bi:{c:ID}:k  hash
-- ARGV  [1] conversation  [2] this process  [3] how long the bare "ended" stays, ms
-- Reply by whom it ended, '' when it was gone already.
-- Leaves {state ended, by} for a minute, so that whoever still follows it learns that it is over; rings `look` at
-- them.
-- Twice: the bare meta stays as it is, with its first expiry. O(what is freed, in the background), one slot, no
-- clock.
local m = redis.call('HMGET', KEYS[1], 'state', 'by', 'hash', 'line', 'procs')
redis.call('UNLINK', KEYS[2], KEYS[3], KEYS[4])
if not m[1] then
  return ''
end
local by = m[2] or 'child'
if m[3] then
  redis.call('UNLINK', KEYS[1])
  redis.call('HSET', KEYS[1], 'state', 'ended', 'by', by)
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  local rung = { [ARGV[2]] = true }
  for proc in string.gmatch((string.gsub(m[4] or '', ':.*', '')) .. ',' .. (m[5] or ''), '[^,]+') do
    if not rung[proc] then
      rung[proc] = true
      redis.call('PUBLISH', 'bi:p:' .. proc, 'look ' .. ARGV[1])
    end
  end
end
return by
