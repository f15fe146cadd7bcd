-- uses: access
-- Up to which message of a room its users have read (`marks`, see lib/occupants.lua), and who may know what is unread there. Wants
-- the keys `marks`, `entries`, those of lib/access.lua, and an open log.

-- The mark of a user; nothing where it has none.
local function markIn(user)
  local mark = redis.call('HGET', marks, user)
  return mark and tonumber(mark)
end

-- Who may read the history, and whose session has the room as long as it may join.
local function mayMark(user, trusted)
  return mayRead(user, trusted) or (redis.call('HEXISTS', entries, user) == 1 and admitted(user))
end
