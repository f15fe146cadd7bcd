-- uses: clock occupants userlist access history messages/changed room/make
-- Joins a socket to a room: existence, tombstone, access, membership, notice, and what was missed since the
-- position the client names. One step, so that no rule can change between the check and the joining, and that
-- the messages returned end exactly where live delivery begins. They come whole, or not at all where they do not fit into
-- `bytesMax`.
-- `verdict` is what the node would refuse the join for: '' or a word, which comes after rights.
-- `inSession` is '1' where the user's session is to keep the room: `entries` has everybody whose session may, and where in the log
-- it was joined last for that; then it gives the attributes of the room, for the session's other devices are told them.
-- 'lost': the node was swept here.
-- `creation` is what the room is made with where there is none, the user its owner, packed; '' where it is not made. `endsAt` is when a
-- room of that name ends, in ms, '' for those that do not: it may be there a little longer. Rest keys: with `creation` what is left behind of
-- an earlier room (lib/room/make.lua).
-- `sinceChange` is the number of the last change of a message that the client knows, '' where it does not ask for changes, and
-- `sinceChangeAt` when that was, '' where it does not know (lib/messages/changed.lua).
-- They come whole, or not at all where that is not known any more, or they are more than `pageMax`.
local ENTRIES_MAX, CHANGES_LOOKED = 100000, 1000
local CREATION = '>c16BBBI4Bc0I2c0'
if endsAt ~= '' and tonumber(endsAt) <= now then
  return 'roomExpired'
end
local isThere = openLog(now)
if not isThere and creation == '' then
  return 'noRoom'
end
if redis.call('EXISTS', tomb .. node) == 1 then
  return 'lost'
end
if isThere and not admitted(user) then
  return 'notAllowed'
end
if verdict ~= '' then
  return verdict
end
if not isThere then
  local room = { owner = user }
  room.epoch, room.whitelistOnly, room.userlistUpdates, room.accessListsUpdates, room.historyMax, room.granted, room.attributes =
    struct.unpack(CREATION, creation)
  makeRoom(room, { unpack(KEYS, restKeys) })
end
local njoined, isNew, first = addOccupant(user, socket, node)
if first and tellsUsers() then
  if isBatched() then
    noteChange(user, '1')
  else
    announce(NOTICE, '', frame)
    saveLog()
  end
end
local freshEntry = 0
-- Beyond so many a user finds out that the room is deleted when its session is read next.
if inSession == '1' and (redis.call('HLEN', entries) < ENTRIES_MAX or redis.call('HEXISTS', entries, user) == 1) then
  freshEntry = redis.call('HSET', entries, user, int(log.seq))
  -- An earlier build has kept a set.
  if redis.call('SREM', filed, user) == 1 then
    freshEntry = 0
  end
end

-- Whether this is the log that the client has seen up to a message: a lost and overtaken one shows in the timestamp of that.
local function isSeen(from)
  local known = from == log.id and log.messageTs
  if from ~= log.id and sinceTimestamp ~= '' then
    local event = messagesFrom(from, 1, math.huge)[1]
    if event then
      local _, _, eventId, eventAt = struct.unpack(HEADER, event)
      known = eventId == from and eventAt
    end
  end
  return sinceTimestamp == '' or from == 0 or not known or known == tonumber(sinceTimestamp)
end

local recovered, missed = 1, {}
if sinceId ~= '' then
  local from = tonumber(sinceId)
  local count = log.id - from
  recovered = 0
  if sinceEpoch == log.epoch and count >= 0 and count <= tonumber(pageMax)
    and (count == 0 or from + 1 >= oldestVisible()) and isSeen(from) then
    missed = messagesFrom(from + 1, count, tonumber(bytesMax))
    recovered = #missed == count and 1 or 0
    if recovered == 0 then
      missed = {}
    end
  end
end
-- The messages up to that one that have changed since, as they are now, by their last change: whole, or false.
local function changesSince(number, last, floor, lastTime, floorTime, lineSince)
  local from, at = tonumber(sinceId), tonumber(sinceChangeAt)
  if sinceEpoch ~= log.epoch or from > log.id or number < floor or number > last or not isSeen(from) then
    return false
  end
  -- Whether it is the change that the client knows: of the last one and of the floor that shows exactly.
  local expected = number == last and lastTime or number == floor and floorTime or 0
  if at and (expected > 0 and at ~= expected or number > floor and at < lineSince or lastTime > 0 and at > lastTime) then
    return false
  end
  local ids = number < last
      and redis.call('ZRANGEBYSCORE', changed, '(' .. int(number), '+inf', 'LIMIT', '0', int(CHANGES_LOOKED + 1)) or {}
  if #ids > CHANGES_LOOKED then
    return false
  end
  local found, bytes, oldest = {}, 0, #ids > 0 and oldestVisible()
  for _, event in ipairs(missed) do
    bytes = bytes + #event
  end
  for _, one in ipairs(ids) do
    local id = tonumber(one)
    local entry = id <= from and id >= oldest and entriesBetween(id, id, 1)[1]
    bytes = bytes + (entry and #entry[2][2] or 0)
    if id <= from and not entry or bytes > tonumber(bytesMax) or #found == tonumber(pageMax) and entry then
      return false
    end
    if entry then
      found[#found + 1] = entry[2][2]
    end
  end
  return found
end
local mode, kind, change = unpack(redis.call('HMGET', meta, 'whitelistOnly', 'kind', 'change'))
local last, floor, lastTime, floorTime, lineSince = changeLine(change)
local since = sinceChange ~= '' and changesSince(tonumber(sinceChange), last, floor, lastTime, floorTime, lineSince)
return {
  position(), njoined, isNew and 1 or 0, announced, recovered, missed, changesPending,
  tonumber(mode), log.life, freshEntry, now, isThere and 0 or 1, kind == 'transient' and 1 or 0,
  inSession == '1' and redis.call('HGET', meta, 'attributes') or false, last, lastTime,
  sinceChange ~= '' and (since and 1 or 0), sinceChange ~= '' and (since or {}),
}
