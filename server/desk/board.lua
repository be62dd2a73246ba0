-- server/desk/board.lua: the figures of the duty, and the first rows of who waits.
-- KEYS  [1] bi:{desk}:roster  [2] bi:{desk}:talks
-- ARGV  [1] most rows  [2..] pools
-- Reply {waiting, on duty, talks, longest wait ms, {row, ...}}, a row {ms waited, topic, mood, urgent, language,
--       municipality, pool, returning}.
-- Reads only. O(rows + pools), one slot.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local waiting, longest, rows = 0, 0, {}
for i = 2, #ARGV do
  local lists = { 'bi:{desk}:q:' .. ARGV[i], 'bi:{desk}:qc:' .. ARGV[i] }
  for _, list in ipairs(lists) do
    waiting = waiting + redis.call('ZCARD', list)
    for rank, conv in ipairs(redis.call('ZRANGE', list, 0, math.max(0, tonumber(ARGV[1]) - 1))) do
      local w = redis.call('HMGET', 'bi:{desk}:w:' .. conv, 'arrived', 'topic', 'mood', 'urgent', 'language',
        'municipality', 'pool', 'returning')
      local waited = now - tonumber(w[1] or now)
      if waited > longest then longest = waited end
      if rank <= tonumber(ARGV[1]) and #rows < tonumber(ARGV[1]) then
        w[1] = waited
        rows[#rows + 1] = w
      end
    end
  end
end
return { waiting, redis.call('SCARD', KEYS[1]), redis.call('SCARD', KEYS[2]), longest, rows }
