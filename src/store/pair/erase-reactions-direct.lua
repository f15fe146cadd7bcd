-- uses: direct/pair messages/reactions
-- Takes out reactions of a user to messages of a pair, a page of at most `pageMax` from behind the one `after` on: one step of many, and each
-- may be done again. Gives the last one that it looked at, nothing at the end.
if not openLog(now) then
  return 'noPair'
end
local maps = messageMaps()
local page = reactionsBehind(after, tonumber(pageMax))
for _, member in ipairs(page) do
  local key, name = readReaction(member)
  if name == user then
    local id = struct.unpack('>d', member)
    local entry = entriesBetween(id, id, 1)[1]
    redis.call('ZREM', reactions, member)
    if entry then
      local message = maps.open(entry[2][2])
      countReaction(maps, message, key, -1)
      putLatest(id, maps.shut(message))
    end
  end
end
return { #page == tonumber(pageMax) and page[#page] }
