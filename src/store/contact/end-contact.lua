-- uses: clock direct inbox/record recipients contact/side
-- Begins to end a contact, on the side that decides about this pair of users: noted as begin-contact.lua does it, but here the
-- contact is out at once. The end of what is not there goes all the way, too: the other side may have it by an add that died on its
-- way, or by a failover here; of such no more is noted than there may be contacts.
if not openLog(now) then
  return 'noUser'
end
if redis.call('EXISTS', contactsFormer) == 1 then
  return 'busy'
end
local isKnown = redis.call('ZSCORE', contacts, other) or redis.call('HEXISTS', contactsDue, other) == 1
if not isKnown and redis.call('HLEN', contactsDue) >= tonumber(limit) then
  return 0
end
if redis.call('ZREM', contacts, other) == 1 then
  tellSide(except, frame)
end
redis.call('HSET', contactsDue, other, version .. ' remove ' .. adds)
return 1
