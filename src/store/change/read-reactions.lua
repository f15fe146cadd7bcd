-- uses: clock access history messages/reactions
-- A page of who reacted to a message, by key and name: behind a member of `reactions` without its id, '' for the first page; `key` has the only
-- one that is wanted, '' for all. The right to read is checked in the same step as the reading. Gives keys and names in turn, and whether
-- there are more.
if not openLog(now) then
  return 'noRoom'
end
if not mayRead(user, trusted) then
  return 'notJoined'
end
local message = tonumber(id)
local entry = message >= oldestVisible() and message <= log.id and entriesBetween(message, message, 1)[1]
local maps = messageMaps()
if not entry or maps.isRecalled(maps.open(entry[2][2])) then
  return 'noMessage'
end
local first = key ~= '' and string.char(#key) .. key or ''
-- What comes next behind a member is that with the smallest byte at its end.
local from, past = reactionsFrom(message, struct.pack('>d', message) .. (after ~= '' and after .. '\0' or first))
local found, count = {}, tonumber(limit)
-- To -1 would be to the end.
local members = from < past and redis.call('ZRANGE', reactions, int(from), int(math.min(from + count, past - 1))) or {}
for _, member in ipairs(members) do
  local of, name = readReaction(member)
  if first ~= '' and of ~= key then
    past = 0
    break
  end
  found[#found + 1], found[#found + 2] = of, name
end
local hasMore = #found > 2 * count
if hasMore then
  found[#found], found[#found - 1] = nil, nil
end
return { found, hasMore and 1 or 0 }
