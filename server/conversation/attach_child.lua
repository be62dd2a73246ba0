-- server/conversation/attach_child.lua: this line is from now on the one line of the child. look.lua follows as its
-- tail.
-- KEYS  [1] bi:{c:ID}:m  hash, the meta  [2] bi:{c:ID}:d  [3] bi:{c:ID}:k
-- ARGV  [1] conversation  [2] this process  [3] 'child'  [4] the line's generation in this process
-- Reply as look.lua. Rings `kick` at the process of an older line, and `line` at staff who had been told that it is
--       away.
-- One script because who is the newest line must be one fact: of two that come at once the later stays.
-- Twice with the same generation changes nothing. O(processes), one slot, no clock, no random.
do
  local m = redis.call('HMGET', KEYS[1], 'hash', 'line', 'away_c', 'procs')
  local line = ARGV[2] .. ':' .. ARGV[4]
  if m[1] and m[2] ~= line then
    redis.call('HSET', KEYS[1], 'line', line)
    redis.call('HDEL', KEYS[1], 'gone_c', 'away_c')
    redis.call('HINCRBY', KEYS[1], 'rev', 1)
    local old = (string.gsub(m[2] or '', ':.*', ''))
    if old ~= '' and old ~= ARGV[2] then
      redis.call('PUBLISH', 'bi:p:' .. old, 'kick ' .. ARGV[1])
    end
    if m[3] then
      for proc in string.gmatch(m[4] or '', '[^,]+') do
        if proc ~= ARGV[2] then redis.call('PUBLISH', 'bi:p:' .. proc, 'line ' .. ARGV[1]) end
      end
    end
  end
end
