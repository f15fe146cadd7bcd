-- uses: clock direct inbox/record recipients contact/side contact/presence contact/shown
-- Ends what begin-contact.lua has begun, after the other side did it (`did`: `add`, `remove`, or `refused`, which gives an add up).
-- Where the note is not by `version` any more somebody else has begun another change. Is that one under way, it does its part
-- again, for ours may have come after it; is it over, and not what we did, we do it again: so the other side ends as this one is.
-- An add that the other side refuses ends what is here, too: it has none, whatever was here by an earlier one. `frame` tells what
-- becomes of it here, of a refusal that it ends.
local noted = redis.call('HGET', contactsDue, other)
if not openLog(now) then
  return 'noUser'
end
if noted and string.sub(noted, 1, #version) ~= version then
  if string.sub(noted, -1) ~= '!' then
    redis.call('HSET', contactsDue, other, noted .. '!')
  end
  return 'overtaken'
end
if not noted then
  local op = redis.call('ZSCORE', contacts, other) and 'add' or 'remove'
  if did == op or (did == 'refused' and op == 'remove') then
    return { false, 0 }
  end
  redis.call('HSET', contactsDue, other, version .. ' ' .. op .. ' 0')
  return { op, 0 }
end
if string.sub(noted, -1) == '!' then
  redis.call('HSET', contactsDue, other, string.sub(noted, 1, -2))
  return { string.match(noted, '^%S+ (%S+) '), 0 }
end
redis.call('HDEL', contactsDue, other)
local wrong = 0
if did == 'add' and redis.call('ZADD', contacts, 0, other) == 1 then
  tellSide(except, frame)
  wrong = isShownWrong(shown)
elseif did == 'refused' and redis.call('ZREM', contacts, other) == 1 then
  tellSide('', frame)
end
return { false, wrong }
