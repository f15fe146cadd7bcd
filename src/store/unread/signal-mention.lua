-- uses: log recipients
-- Tells the nodes of a user's sockets that something in a room mentions it, or was said in one that it belongs to and has not joined: no notice, for it has no frame and is in no log. Who
-- does not hear of it finds the mention when it looks.
if not openLog() then
  return 'gone'
end
if redis.call('HLEN', sockets) > 0 then
  publish(about(allBut(''), roomName), '')
end
