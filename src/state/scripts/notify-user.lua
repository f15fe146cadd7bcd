-- A notice to the sockets of a user; `subject` names a socket or nodes (`@id`) that are left out.
-- Rest arguments: sockets that have left `roomName`, where the notice is about a lost room.
-- Replies: 'gone' | {position}.
if not openLog(now) then
  return 'gone'
end
for at = rest, #ARGV do
  redis.call('SREM', rooms .. ARGV[at], roomName)
end
if redis.call('HLEN', sockets) > 0 then
  announce(NOTICE, subject, frame)
  saveLog()
end
return { position() }
