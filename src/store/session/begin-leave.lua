-- uses: clock session
-- A socket that takes part in the session leaves a room: takes the room out of the session, tells the others, and notes
-- which sockets are to be taken out of the room. The user's side first: once this has run, no device ever sees the room
-- restored, whatever becomes of the node that asked. What it had yet to do is in `leaving` until finish-leave.lua, and
-- is done by whoever sweeps after it: `node socket room` (who asked, where) has the `socket@node` list that is to be taken out,
-- and, in a second line, the point of the entry (lib/session.lua) that was given up.
if not openLog(now) then
  return 'gone'
end
if redis.call('EXISTS', tomb .. node) == 1 then
  return 'lost'
end
local field = node .. ' ' .. socket .. ' ' .. roomName
if redis.call('HLEN', leaving) >= tonumber(leavesMax) and redis.call('HEXISTS', leaving, field) == 0 then
  return 'full'
end
local entry = entryOf(roomName)
-- Begun before, and not finished: the entry was given up then.
local entryAt = string.match(redis.call('HGET', leaving, field) or '', '\n(.*)$') or ''
if entry then
  entryAt = entry.epoch and entry.epoch .. ' ' .. int(entry.seq) or ''
  removeEntry(except, roomName, entry, openPrefix, privatePrefix, takingOut)
end
local out, entries = { socket, node }, { socket .. '@' .. node }
for _, other in ipairs(redis.call('SMEMBERS', synced)) do
  local home = redis.call('HGET', sockets, other)
  if home and other ~= socket then
    out[#out + 1] = other
    out[#out + 1] = home
    entries[#entries + 1] = other .. '@' .. home
  end
end
redis.call('HSET', leaving, field, table.concat(entries, ' ') .. '\n' .. entryAt)
saveInbox()
return { position(), out, entryAt }
