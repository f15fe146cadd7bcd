-- uses: clock log recipients direct/peers
-- Tells the author's other sockets of a message that was stored, and notes with whom the author has a conversation. One step on
-- the author's slot, behind the message: what a crash before it leaves out comes with the next one, or with a repeat. An empty frame
-- tells nobody.
if not openLog(now) then
  return 'gone'
end
notePeer(peer)
keepPeers(anonymous)
if frame ~= '' and redis.call('HLEN', sockets) > redis.call('HEXISTS', sockets, except) then
  announce(NOTICE, allBut(except), frame)
  saveLog()
end
