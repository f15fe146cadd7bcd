-- uses: clock log
-- Notes what is to be sent and is of no room, in the service's own log: that of its webhooks, which is bounded like the notices of a room.
if not openLog(now) then
  newLog(epoch, now, 0)
end
for at = rest, #ARGV do
  announce(NOTICE, '', ARGV[at])
end
saveLog()
