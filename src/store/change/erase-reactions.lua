-- uses: clock log messages/reactions messages/notices
-- Takes out reactions of a user to messages of a room, a page of at most `pageMax` from a rank on: one step of many, and each may be done
-- again. The counts that are left are told with what is due (change-messages.lua). Gives the rank to go on from, -1 at the end.
if not openLog(now) then
  return 'noRoom'
end
local from, maps, removed = tonumber(rank), messageMaps(), 0
if from == 0 then
  scrubReactions(maps, user)
end
local page = redis.call('ZRANGE', reactions, int(from), int(from + tonumber(pageMax) - 1))
for _, member in ipairs(page) do
  local key, name = readReaction(member)
  if name == user then
    local id = struct.unpack('>d', member)
    local entry = entriesBetween(id, id, 1)[1]
    redis.call('ZREM', reactions, member)
    removed = removed + 1
    if entry then
      local message = maps.open(entry[2][2])
      countReaction(maps, message, key, -1)
      putLatest(id, maps.shut(message))
      redis.call('HSETNX', changesDue, 'c:' .. int(id), int(now))
    end
  end
end
return #page < tonumber(pageMax) and -1 or from + #page - removed
