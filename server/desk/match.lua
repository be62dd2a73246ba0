-- server/desk/match.lua: offer every child that can be offered to the professional who has been idle longest and has
-- room.
-- KEYS  [1] bi:{desk}:q:POOL  [2] bi:{desk}:qc:POOL  [3] bi:{desk}:duty:POOL  set of PRO  [4] bi:{desk}:due
-- ARGV  [1] POOL  [2] an offer lives, ms  [3] who declined is asked again after, ms  [4..] new offer ids
-- Reply {OFFER, PRO, OFFER, PRO, ...}.
-- One script because "offered to one at a time" and "within capacity" must be facts: capacity counts talks and open
-- offers.
-- Twice: nothing left to offer. O(queue up to the 64th whose line is there, and 96 x professionals); one slot, keys
-- named after members.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local pros = {}
for _, id in ipairs(redis.call('SMEMBERS', KEYS[3])) do
  local p = redis.call('HMGET', 'bi:{desk}:pro:' .. id, 'capacity', 'idle', 'languages')
  local used = redis.call('SCARD', 'bi:{desk}:load:' .. id) + redis.call('SCARD', 'bi:{desk}:offers:' .. id)
  local room = tonumber(p[1] or '0') - used
  if room > 0 and redis.call('HLEN', 'bi:{desk}:here:' .. id) > 0 then
    pros[#pros + 1] = { id = id, room = room, idle = tonumber(p[2] or '0'), languages = ',' .. (p[3] or '') .. ',' }
  end
end
if #pros == 0 then
  return {}
end
-- The order of the queue: two of the first kind, one of the crowd, from where the phase stands.
-- Those whose line is away keep their place, but not a place in this window: else 64 lost lines would hold up all
-- behind them.
local function present(key, most)
  local found, at = {}, 0
  repeat
    local some = redis.call('ZRANGE', key, at, at + 127)
    for _, conv in ipairs(some) do
      if #found < most and redis.call('HGET', 'bi:{desk}:w:' .. conv, 'away') == '0' then
        found[#found + 1] = conv
      end
    end
    at = at + 128
  until #found >= most or #some < 128
  return found
end
local calm, crowd = present(KEYS[1], 64), present(KEYS[2], 32)
local phase = tonumber(redis.call('GET', 'bi:{desk}:phase:' .. ARGV[1]) or '0')
local order, i, j = {}, 1, 1
while i <= #calm or j <= #crowd do
  if (phase % 3 < 2 and i <= #calm) or j > #crowd then
    order[#order + 1] = calm[i]
    i = i + 1
  else
    order[#order + 1] = crowd[j]
    j = j + 1
  end
  phase = phase + 1
end
local offers, next_id = {}, 4
for _, conv in ipairs(order) do
  local key = 'bi:{desk}:w:' .. conv
  local w = redis.call('HMGET', key, 'state', 'away', 'offer', 'language')
  if w[1] == 'waiting' and w[2] == '0' and w[3] == '' and ARGV[next_id] then
    local best, best_rank
    for _, p in ipairs(pros) do
      if p.room > 0 then
        local refused = tonumber(redis.call('HGET', key, 'no:' .. p.id) or '0')
        local speaks = w[4] == false or w[4] == '' or string.find(p.languages, ',' .. w[4] .. ',', 1, true)
        -- First who has not passed it on, then who speaks the language, then who is idle longest.
        local rank = { refused > 0 and 1 or 0, speaks and 0 or 1, refused > 0 and refused or p.idle, p.id }
        local fits = refused == 0 or now - refused >= tonumber(ARGV[3])
        local better = not best_rank
        for k = 1, 4 do
          if best_rank and rank[k] ~= best_rank[k] then
            better = rank[k] < best_rank[k]
            break
          end
        end
        if fits and better then
          best, best_rank = p, rank
        end
      end
    end
    if best then
      local offer = ARGV[next_id]
      next_id = next_id + 1
      best.room = best.room - 1
      redis.call('HSET', 'bi:{desk}:o:' .. offer, 'conv', conv, 'pro', best.id, 'expires', now + tonumber(ARGV[2]))
      redis.call('PEXPIRE', 'bi:{desk}:o:' .. offer, tonumber(ARGV[2]) + 60000)
      redis.call('SADD', 'bi:{desk}:offers:' .. best.id, offer)
      redis.call('HSET', key, 'offer', offer)
      redis.call('ZADD', KEYS[4], now + tonumber(ARGV[2]), 'o ' .. offer)
      offers[#offers + 1] = offer
      offers[#offers + 1] = best.id
    end
  end
end
return offers
