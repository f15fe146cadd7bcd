-- uses: clock webhook/outbox
-- How far a log was sent: the number of the last event that was, -1 where nobody has looked yet; that of the last event there is, its
-- epoch, failures in a row, for how long nobody tries, and the node that sends now ('' for none).
if not openLog(now) then
  return 'noRoom'
end
local place = readPlace()
local isOwn = place.life == log.life
return { isOwn and place.seq or -1, log.seq, log.epoch, place.failures or 0, math.max(0, (place.retryAt or 0) - now),
  (place['until'] or 0) > now and place.node or '' }
