-- uses: clock session
-- A user has lost a room: forgets which sockets were in it, tells the sockets, and takes the room out of the session,
-- unless another room of that name is filed by now. Follows the room's script; what a crash between them leaves filed is
-- found out when the session is read. `subject` names nodes (`@id …`) whose sockets were told by the room's own event; an
-- empty `frame` is for who only had the room filed.
-- Rest arguments: sockets that were in the room.
if not openLog(now) then
  return 'gone'
end
for at = rest, #ARGV do
  redis.call('HDEL', rooms .. ARGV[at], roomName)
end
if frame ~= '' and redis.call('HLEN', sockets) > 0 then
  announce(NOTICE, subject, frame)
end
unfile('', roomName, life, openHead, privateHead)
saveLog()
return position()
