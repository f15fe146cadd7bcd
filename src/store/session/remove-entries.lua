-- uses: clock session
-- Takes rooms out of the session that are lost, as whoever reads it has found out: each only if its entry is as it was seen.
-- `except` is the socket that reads.
-- Rest arguments: room, its entry as it was read, prefixes of `$.chat.leave` for an open and a whitelist-only room, and the point
-- of the room's log at which the user had no right to it (epoch and seq; '' where the room is gone); six for each.
if not openLog(now) then
  return 'gone'
end
for at = rest, #ARGV, 6 do
  local entry = entryOf(ARGV[at])
  if entry and entry.packed == ARGV[at + 1] then
    removeEntry(except, ARGV[at], entry, ARGV[at + 2], ARGV[at + 3], function(who, roomName)
      return ARGV[at + 4] == '' and entryIsGone(entry)(who, roomName)
        or outOf(who, roomName, ARGV[at + 4], ARGV[at + 5], '')
    end)
  end
end
saveInbox()
