-- uses: clock log
-- A notice to the sockets of a user; `subject` names a socket that is left out.
if not openLog(now) then
  return 'gone'
end
if redis.call('HLEN', sockets) > 0 then
  announce(NOTICE, subject, frame)
  saveLog()
end
