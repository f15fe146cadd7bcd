-- uses: clock log messages/reactions messages/notices
-- Takes out reactions of a user to messages of a room, a page of at most `pageMax` from behind the one `after` on: one step of many, and each
-- may be done again. With the first go its words in what was told of changes. The counts that are left are told with what is due (change-messages.lua). Gives the last one that it looked at, nothing at
-- the end: a rank would be another one's by then, for others take out theirs meanwhile, and what is trimmed goes.
if not openLog(now) then
  return 'noRoom'
end
local maps = messageMaps()
if after == '' then
  scrubUser(maps, user)
end
return eraseReactions(maps, user, after, tonumber(pageMax), function(id)
  redis.call('HSETNX', changesDue, 'c:' .. int(id), int(now))
end)
