-- uses: clock log
-- Tells the nodes to close all sockets of a user. One step, so that the count is that of the sockets meant: one that
-- comes later stays. They go on purpose, and leave no wills.
if not openLog(now) then
  return 'noUser'
end
local count = redis.call('HLEN', sockets)
if count > 0 then
  redis.call('UNLINK', wills)
  announce(DISCONNECT, reason, '')
  saveLog()
end
return count
