-- uses: clock log
-- Gives a topic's log a new life after a failover lost part of it. Compare and set: of several nodes that notice, one
-- rotates.
if not openLog(now) then
  return 'gone'
end
if log.epoch ~= expected then
  return 'changed'
end
log.epoch = epoch
announce(RESET, '', '')
saveLog()
