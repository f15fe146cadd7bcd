-- uses: clock log recipients age/ring
-- A notice to the sockets of a user; `except` is the socket that is left out, '' for none.
if not openLog(now) then
  return 'gone'
end
if redis.call('HLEN', sockets) > 0 then
  announce(NOTICE, allBut(except), frame)
  saveLog()
  trimOldEvents()
end
