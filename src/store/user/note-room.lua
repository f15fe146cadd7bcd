-- uses: clock notes
-- The user's side of a join or leave: which rooms a socket is in (for listOwnSockets), and the echo to the user's other
-- sockets. Follows the room's script; the room is the truth.
if not openLog(now) then
  return 'gone'
end
if joined == '1' then
  noteIn(socket, roomName, '')
else
  redis.call('HDEL', rooms .. socket, roomName)
end
echo(except, except, frame, njoined)
saveLog()
