-- uses: direct/pair messages/changed
-- The messages of `author` that no socket of `user` has had, the oldest first, from behind the id `after` on: at most `limit`, and as
-- many as fit into `bytesMax`, one at least; the number of its newest message, and of the last change of the pair. One step, so that all is of one moment.
local PAGE = 100
if not openLog(now) then
  return 'noPair'
end
local asOf = changePlace(redis.call('HGET', meta, 'change'))
local id = math.max(markOf('sent', author), tonumber(after), firstSeenBy(user) - 1) + 1
local lastId, newest = markOf('last', author)
local found, bytes = {}, 0
-- What lies behind its last one is the other's own.
while id <= lastId do
  -- Read a few at a time: how large they are is the users' choice.
  local entries = entriesBetween(id, lastId, #found == 0 and 8 or PAGE)
  if #entries == 0 then
    break
  end
  for _, entry in ipairs(entries) do
    local event = entry[2][2]
    if readMessage(event) == author then
      bytes = bytes + #event
      if #found >= tonumber(limit) or (bytes > tonumber(bytesMax) and #found > 0) then
        return { log.life, newest, asOf, found }
      end
      found[#found + 1] = event
    end
    id = idOf(entry) + 1
  end
end
return { log.life, newest, asOf, found }
