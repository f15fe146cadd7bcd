-- uses: clock direct inbox/record recipients contact/side contact/presence contact/shown
-- Makes a contact on the side that follows, and tells its sockets. Rights and limit are this side's: what it refuses is given up
-- on the other one. `shown` is whether the other user was shown this one as online ('1'). It gives whether something has
-- changed, and whether contacts have to be told what this user is. Changes nothing twice.
if not openLog(now) then
  return 'noUser'
end
if redis.call('ZSCORE', contacts, other) then
  return { 0, 0 }
end
if redis.call('EXISTS', contactsFormer) == 1 then
  return 'busy'
end
local refusal = refusalOf(other, trusted, adds, limit)
if refusal then
  return refusal
end
redis.call('ZADD', contacts, 0, other)
stay()
tellSide(except, frame)
return { 1, isShownWrong(shown) }
