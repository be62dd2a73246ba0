-- server/desk/feedback.lua: a child's answers after its talk, kept as counts alone; once a talk.
-- KEYS  [1] bi:{desk}:fbd:HASH  marker  [2] bi:{desk}:fb  hash: "QUESTION:ANSWER" -> count
-- ARGV  [1] marker lives, ms  [2] talk's marker value  [3..] "QUESTION:ANSWER"
-- Reply 1; error NOT_NOW (given already). Twice: NOT_NOW. One slot.
if not redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[1], 'NX') then
  return redis.error_reply('NOT_NOW given already')
end
for i = 3, #ARGV do
  redis.call('HINCRBY', KEYS[2], ARGV[i], 1)
end
return 1
