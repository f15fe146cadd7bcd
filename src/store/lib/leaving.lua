-- Leaves of the session that are not finished: `leaving` maps `node socket room` (who asked for it, where) to the
-- `socket@node` list that is to be taken out of the room, and, in a second line, the point of the entry (lib/session.lua) that
-- was given up. Wants the key `leaving`.

-- Those of one room: field -> both.
local function leavesOf(roomName)
  local found = {}
  local all = redis.call('HGETALL', leaving)
  for at = 1, #all, 2 do
    if string.match(all[at], '^%S+ %S+ (.*)$') == roomName then
      found[all[at]] = all[at + 1]
    end
  end
  return found
end
