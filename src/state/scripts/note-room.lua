-- The user's side of a join or leave: which rooms a socket is in (for listOwnSockets), and the echo to the user's other
-- sockets. Follows the room's script; the room is the truth. Replies: 'gone' | {position, announced}.
if not openLog(now) then
  return 'gone'
end
if joined == '1' then
  if redis.call('HEXISTS', sockets, socket) == 1 then
    redis.call('SADD', rooms .. socket, roomName)
  end
else
  redis.call('SREM', rooms .. socket, roomName)
end
local others = redis.call('HLEN', sockets) - redis.call('HEXISTS', sockets, except)
if others > 0 and frame ~= '' then
  announce(NOTICE, except, frame .. u64(tonumber(njoined)))
  saveLog()
end
return { position(), announced }
