-- A page of a room's messages; the right to read is checked in the same step as the reading.
-- `after` is an id, or empty for the newest page. Replies: 'noRoom' | 'notJoined' | {events, ascending}.
if not openLog() then
  return 'noRoom'
end
if not mayRead(user) then
  return 'notJoined'
end
local oldest = oldestVisible()
local count = math.min(tonumber(limit), log.id - oldest + 1)
local from = after == '' and (log.id - count + 1) or math.max(tonumber(after) + 1, oldest)
return messagesFrom(from, count)
