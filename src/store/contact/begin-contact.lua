-- uses: clock direct recipients contact/side inbox/expiry
-- Begins to make a contact, on the side that decides about this pair of users. What is begun is noted in `contactsDue`, by
-- a version that nobody else has, until the other side agrees: whoever finds the note goes on. The contact is there once the other
-- side has it (finish-contact.lua), so that nobody is told of what the other side then refuses. One step, so that of two who act at
-- the same time one is the later. A note replaces the one before: who has left that finds out when it finishes. What is there already
-- goes all the way, too: the other side may have lost it by a failover. `adds` is '1' where this user acts. While the contacts of an
-- earlier user of the name are being taken out, none is made.
if not openLog(now) then
  return 'noUser'
end
if redis.call('EXISTS', contactsFormer) == 1 then
  return 'busy'
end
local refusal = refusalOf(other, trusted, adds, limit)
if refusal then
  return refusal
end
-- First of all that is written: where Redis is full it is refused here, and nothing has changed.
redis.call('HSET', contactsDue, other, version .. ' add ' .. adds)
-- Kept with what is kept in it, should it be about to be forgotten.
stay()
