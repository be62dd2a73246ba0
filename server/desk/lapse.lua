-- server/desk/lapse.lua: what a dead process held: its waiting children, its professionals' sockets.
-- KEYS  [1] bi:{desk}:at:PROC  [2] bi:{desk}:pros:PROC
-- Reply {children, CONV, ..., PRO, ...}: for each the ordinary step of a lost line follows (gone.lua, here.lua),
--       which is safe twice.
-- Reads only. One slot.
local reply = redis.call('SMEMBERS', KEYS[1])
table.insert(reply, 1, #reply)
for _, pro in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  reply[#reply + 1] = pro
end
return reply
