-- uses: direct/due messages/authored
-- Leaves tombstones of what a user wrote to another one, from behind the id `after` on; of all users that ever had the name.
-- What was to be told of its changes, and of its messages, is not.
if not openLog(now) then
  return 'noPair'
end
local function own(event)
  return readMessage(event) == user
end
if after == '0' then
  trimLatest(oldestVisible())
  forgetDue(messageMaps(), user, own)
end
return eraseFrom(tonumber(after) + 1, own, tonumber(lookMax), tonumber(bytesMax), prefix, middle)
