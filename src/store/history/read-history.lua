-- uses: clock access history
-- A page of a room's messages; the right to read is checked in the same step as the reading.
-- `after` is an id, or empty for the newest page. It holds as many messages as fit into `bytesMax`, one at least, without
-- a hole: the oldest ones after the id, or the newest of all.
-- Ascending; the newest page descending.
if not openLog(now) then
  return 'noRoom'
end
if not mayRead(user, trusted) then
  return 'notJoined'
end
local oldest = oldestVisible()
local count = math.min(tonumber(limit), log.id - oldest + 1)
local newest = after == ''
local from = newest and log.id or math.max(tonumber(after) + 1, oldest)
local found = messagesFrom(from, count, tonumber(bytesMax), newest)
if #found == 0 and count > 0 then
  return messagesFrom(from, 1, math.huge, newest)
end
return found
