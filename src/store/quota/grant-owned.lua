-- uses: clock
-- Grants a room of a user names and bytes of the user's quota. One step on the owner's slot, so that the quota holds over
-- all rooms, whatever nodes ask at once. `owned` maps `room:life` to what the room was granted, names and bytes, and when;
-- ':' has the sums, and when the notes were last compared with the rooms (shrink-grant.lua).
-- Amounts are those that the room is to have, not what is to be added: done again after a crash it changes nothing. A room
-- that is not noted yet is; where it is only about to be `creating` (`1`), if one more may be owned. `names` and `bytes` are
-- needed, `namesAsked` and `bytesAsked` given where there is so much. `forced` '1' is the service: it may go beyond.
-- A refusal tells whether to look for what can be taken back, at most once in `pauseMs` for a user, and where to begin.
-- First it tells what the quota has not enough of, '' for nothing, then the names and bytes that the room has now. Of bytes it is given what is left, if it is there already.
local sums = redis.call('HGET', owned, ':')
local allNames, allBytes, lookedAt, cursor = 0, 0, 0, '0'
if sums then
  allNames, allBytes, lookedAt, cursor = string.match(sums, '^(%d+) (%d+) (%d+) (%d+)$')
  allNames, allBytes, lookedAt = tonumber(allNames), tonumber(allBytes), tonumber(lookedAt)
end
local noted = redis.call('HGET', owned, room)
local hasNames, hasBytes = 0, 0
if noted then
  hasNames, hasBytes = string.match(noted, '^(%d+) (%d+)')
  hasNames, hasBytes = tonumber(hasNames), tonumber(hasBytes)
end

local function save()
  redis.call('HSET', owned, ':', string.format('%.0f %.0f %.0f %s', allNames, allBytes, lookedAt, cursor))
end

local function refused(quota)
  -- Either way: the clock may have been set back.
  local look = math.abs(now - lookedAt) >= tonumber(pauseMs)
  if look then
    lookedAt = now
    save()
  end
  return { quota, hasNames, hasBytes, look and 1 or 0, cursor }
end

-- What a room may have of a quota of which all rooms together have `all`: what it has at least, what it needs if there is
-- enough, and what it asks for as far as it goes.
local function share(has, needed, asked, all, most)
  if forced == '1' or most == 0 then
    return math.max(has, needed, asked)
  end
  local left = most - (all - has)
  return math.max(has, math.min(math.max(needed, asked), left))
end

local count = redis.call('HLEN', owned) - (sums and 1 or 0)
local isFree = forced == '1' or tonumber(roomsMax) == 0
if creating == '1' and not noted and not isFree and count >= tonumber(roomsMax) then
  return refused('rooms')
end
local newNames = share(hasNames, tonumber(names), tonumber(namesAsked), allNames, tonumber(namesMax))
if newNames < tonumber(names) then
  return refused('listNames')
end
local newBytes = share(hasBytes, tonumber(bytes), tonumber(bytesAsked), allBytes, tonumber(bytesMax))
local isShort = newBytes < tonumber(bytes)
if isShort and creating == '1' then
  return refused('bytes')
end
redis.call('HSET', owned, room, string.format('%.0f %.0f %.0f', newNames, newBytes, now))
allNames, allBytes = allNames - hasNames + newNames, allBytes - hasBytes + newBytes
hasNames, hasBytes = newNames, newBytes
if isShort then
  local reply = refused('bytes')
  save()
  return reply
end
save()
return { '', newNames, newBytes, 0, '0' }
