-- uses: direct/pair messages/reactions
-- Who reacted to a message of a pair, and how: each name and key in turn. Two users have few, so
-- these are all. One step, so that it is of one moment with whether there is such a message.
if not openLog(now) then
  return 'noPair'
end
local number = tonumber(id)
local event = number >= firstSeenBy(user) and eventAt(id)
if not event or messageMaps().isRecalled(messageMaps().open(event)) then
  return 'noMessage'
end
local found = {}
for _, member in ipairs(redis.call('ZRANGEBYSCORE', reactions, id, id)) do
  local key, name = readReaction(member)
  found[#found + 1] = name
  found[#found + 1] = key
end
return found
