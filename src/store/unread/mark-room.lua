-- uses: unread/marks
-- Marks a room as read by a user, up to a message: never back, and clamped to the newest. Who has no mark has nothing to move: it
-- is neither in the room nor has it in its session. One step, so that the mark only goes forward. Gives the new mark, 0 where it has
-- not moved.
if not openLog() then
  return 'noRoom'
end
if not mayMark(user, trusted) then
  return 'notJoined'
end
local mark = markIn(user)
local id = math.min(tonumber(upTo), log.id)
if not mark or id <= mark then
  return 0
end
redis.call('HSET', marks, user, int(id))
return id
