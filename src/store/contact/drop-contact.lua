-- uses: clock direct inbox/record recipients contact/side
-- Ends a contact on the side that follows, and tells its sockets. It gives whether something has changed. Of a user that is deleted
-- there may be a note here, too.
if not openLog(now) then
  return 'noUser'
end
redis.call('HDEL', contactsDue, other)
local changed = redis.call('ZREM', contacts, other)
if changed == 1 then
  tellSide(except, frame)
end
return changed
