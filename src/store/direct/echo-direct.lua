-- uses: clock inbox/record recipients direct/told inbox/age
-- Tells the author's other sockets of messages that were stored, and notes with whom the author has a conversation. One step on
-- the author's slot, behind the messages: what a crash before it leaves out comes with the next one, or with a repeat.
-- Nobody is told where one of them may have changed since it was read, when `asOf` was the number of the pair's last change: then it gives
-- what `seen` is to be (lib/direct/told.lua).
-- Rest arguments: of each message the socket that is left out, '' for none, and the frame, '' of one that is not kept any more.
if not openLog(now) then
  return 'gone'
end
notePeer(peer)
keepPeers(anonymous)
local stale = #ARGV >= rest and staleSince(peer, life, asOf, seen)
if stale then
  return { stale }
end
for at = rest, #ARGV, 2 do
  if ARGV[at + 1] ~= '' then
    record(allBut(ARGV[at]), ARGV[at + 1])
  end
end
saveInbox()
trimOldNotices()
return { false }
