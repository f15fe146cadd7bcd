-- uses: clock direct recipients contact/side
-- Begins to make or end a contact, on the side that decides about this pair of users. What is begun is noted in `contactsDue`, by
-- a version that nobody else has, until the other side agrees: whoever finds the note goes on. A contact that ends is out
-- here at once; one that is made is there once the other side has it (finish-contact.lua), so that nobody is told of what the
-- other side then refuses. One step, so that of two who act at the same time one is the later. A note replaces the one before:
-- who has left that finds out when it finishes. The end of what is not there goes all the way, too: the other side may have it by
-- an add that died on its way. `adds` is '1' where this user acts. While the contacts of an earlier user of
-- the name are being taken out, none is made.
if not openLog(now) then
  return 'noUser'
end
if redis.call('EXISTS', contactsFormer) == 1 then
  return 'busy'
end
local isThere = redis.call('ZSCORE', contacts, other)
local isDue = redis.call('HEXISTS', contactsDue, other) == 1
if op == 'add' then
  local refusal = refusalOf(other, trusted, adds, limit)
  if refusal then
    return refusal
  end
  if isThere and not isDue then
    return 0
  end
  -- Kept with what is kept in it, should it be about to be forgotten.
  redis.call('PERSIST', meta)
else
  if not isThere and not isDue and redis.call('HLEN', contactsDue) >= tonumber(limit) then
    return 0
  end
  if redis.call('ZREM', contacts, other) == 1 then
    tellSide(except, frame)
    saveLog()
  end
end
redis.call('HSET', contactsDue, other, version .. ' ' .. op .. ' ' .. adds)
return 1
