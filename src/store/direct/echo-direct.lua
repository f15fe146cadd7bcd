-- uses: clock inbox/record recipients direct/peers inbox/age
-- Tells the author's other sockets of messages that were stored, and notes with whom the author has a conversation. One step on
-- the author's slot, behind the messages: what a crash before it leaves out comes with the next one, or with a repeat.
-- Rest arguments: of each message the socket that is left out, '' for none, and the frame.
if not openLog(now) then
  return 'gone'
end
notePeer(peer)
keepPeers(anonymous)
for at = rest, #ARGV, 2 do
  record(allBut(ARGV[at]), ARGV[at + 1])
end
saveInbox()
trimOldNotices()
