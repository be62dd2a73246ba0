-- server/conversation/say.lua: append a message once, and ring. The hot path.
-- KEYS  [1] bi:{c:ID}:m  hash, the meta  [2] bi:{c:ID}:s  stream
-- ARGV  [1] conversation  [2] this process  [3] side, 'c' or 's'  [4] sender: 'child' or a device  [5] n  [6] alias
--       [7] body  [8] its bytes before base64url  [9..10] most bytes and messages  [11..12] the same while it waits
--       [13] lifetime of a new stream, ms
-- Reply {0, id, id before it} appended; {1, first id} said already; {2, n that is due} a gap.
--       Errors NOT_FOUND, NOT_NOW (ended; staff while it waits), FULL (L24).
-- Rings `said` at every other process that has a line of it.
-- One script because n, entry, counts and ring must be one fact. Twice with the same n: the first body and id stand;
-- that is so after the end too, since a word that was kept must be acknowledged. The last 64 ids of a sender lie in a
-- ring in the meta, and every 64th stays, so that an old n is found without reading the whole stream. O(processes),
-- one slot, no clock.
local sender, n = ARGV[4], tonumber(ARGV[5])
local slot = string.format('%d', n % 64)
local m = redis.call('HMGET', KEYS[1], 'state', 'n:' .. sender, 'last', 'bytes', 'count', 'line', 'procs',
  'v:' .. sender, 'i:' .. sender .. ':' .. slot, 'hash')
if not m[1] or not m[10] or (ARGV[3] == 's' and m[1] ~= 'waiting' and not m[8]) then
  return redis.error_reply('NOT_FOUND no such conversation of this sender')
end
local last = tonumber(m[2] or '0')
if n <= last then
  local at = string.match(m[9] or '', '^' .. ARGV[5] .. ' (.+)$')
  if at then
    return { 1, at }
  end
  local from = redis.call('HGET', KEYS[1], 'j:' .. sender .. ':' .. string.format('%d', math.floor(n / 64))) or '-'
  repeat
    local part = redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', 128)
    for _, entry in ipairs(part) do
      from = '(' .. entry[1]
      if entry[2][4] == sender and entry[2][8] == ARGV[5] then
        return { 1, entry[1] }
      end
    end
  until #part < 128
  return redis.error_reply('NOT_FOUND its entry is gone')
end
if m[1] == 'ended' or (ARGV[3] == 's' and m[1] ~= 'paired') then
  return redis.error_reply('NOT_NOW nothing can be said')
end
if n > last + 1 then
  return { 2, last + 1 }
end
local bytes, count = m[4] + ARGV[8], m[5] + 1
local waiting = m[1] == 'waiting'
if bytes > tonumber(waiting and ARGV[11] or ARGV[9]) or count > tonumber(waiting and ARGV[12] or ARGV[10]) then
  return redis.error_reply('FULL the conversation is at its limit')
end
local id = redis.call('XADD', KEYS[2], '*', 'f', ARGV[3], 's', sender, 'a', ARGV[6], 'n', ARGV[5], 'b', ARGV[7])
if count == 1 then
  redis.call('PEXPIRE', KEYS[2], ARGV[13])
end
local set = { 'n:' .. sender, ARGV[5], 'last', id, 'bytes', string.format('%d', bytes), 'count',
  string.format('%d', count), 'i:' .. sender .. ':' .. slot, ARGV[5] .. ' ' .. id }
if slot == '0' then
  set[11], set[12] = 'j:' .. sender .. ':' .. string.format('%d', n / 64), id
end
redis.call('HSET', KEYS[1], unpack(set))
local before = m[3] or '0-0'
local rung = { [ARGV[2]] = true }
local ring
for proc in string.gmatch((string.gsub(m[6] or '', ':.*', '')) .. ',' .. (m[7] or ''), '[^,]+') do
  if not rung[proc] then
    rung[proc] = true
    ring = ring or table.concat({ 'said', ARGV[1], before, id, ARGV[3], sender, ARGV[5], ARGV[7], ARGV[6] }, ' ')
    redis.call('PUBLISH', 'bi:p:' .. proc, ring)
  end
end
return { 0, id, before }
