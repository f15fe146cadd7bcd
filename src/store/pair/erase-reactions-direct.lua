-- uses: direct/pair messages/reactions
-- Takes out reactions of a user to messages of a pair, a page of at most `pageMax` from a rank on: one step of many, and each may be done
-- again. Gives the rank to go on from, -1 at the end.
if not openLog(now) then
  return 'noPair'
end
local from, maps, removed = tonumber(rank), messageMaps(), 0
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
    end
  end
end
return #page < tonumber(pageMax) and -1 or from + #page - removed
