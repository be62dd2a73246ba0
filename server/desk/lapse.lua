-- server/desk/lapse.lua: what a dead process held: its waiting children, its professionals' sockets.
-- KEYS  [1] bi:{desk}:at:PROC  [2] bi:{desk}:roster
-- ARGV  [1] PROC
-- Reply {children, CONV, ..., PRO, ...}: for each the ordinary step of a lost line follows (gone.lua, here.lua), which is safe twice.
-- Reads only. One slot.
local reply = redis.call('SMEMBERS', KEYS[1])
table.insert(reply, 1, #reply)
for _, pro in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  if redis.call('HEXISTS', 'bi:{desk}:here:' .. pro, ARGV[1]) == 1 then
    reply[#reply + 1] = pro
  end
end
return reply
