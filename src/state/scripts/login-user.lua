-- Adds a socket to a user and tells the user's other sockets. Makes the user where it is new.
-- The echo's frame ends with the count. Replies: 'lost' | 'tooManySockets' | {position, nconnected}.
if redis.call('EXISTS', tomb .. node) == 1 then
  return 'lost'
end
if redis.call('HLEN', sockets) >= tonumber(socketsMax) and redis.call('HEXISTS', sockets, socket) == 0 then
  return 'tooManySockets'
end
if not openLog(now) then
  newLog(epoch, now, 0)
end
redis.call('HSET', sockets, socket, node)
redis.call('PERSIST', events)
local count = redis.call('HLEN', sockets)
if count > 1 then
  announce(NOTICE, socket, frame .. u64(count))
  saveLog()
end
return { position(), count }
