-- uses: messages/latest messages/map
-- Reactions to messages. A message has how many there are of each key, in its map; who has reacted is in `reactions`, a sorted set by the
-- ids of messages, whose members are the id, the key and the name: so those to one message stand together, by key and name. Wants the key
-- `reactions` and what lib/messages/latest.lua wants.
local REACTION_KEYS, REACTIONS_KEPT = 32, 10000
-- What a member takes besides its bytes, about.
local REACTION_BYTES = 64

-- `key` has 255 bytes at most.
local function reactionOf(id, key, user)
  return struct.pack('>d', id) .. string.char(#key) .. key .. user
end

-- The key and the name of a member.
local function readReaction(member)
  local length = string.byte(member, 9)
  return string.sub(member, 10, 9 + length), string.sub(member, 10 + length)
end

-- The counts in a message: keys in their order, each with a number. An application may have had something else there; keys that no map
-- of the wire may have were not always refused.
local function countsIn(maps, message)
  local counts = {}
  local value = message.own.reactions
  for _, entry in ipairs(value and maps.entriesAt(value, 1) or {}) do
    if entry[1] ~= '__proto__' and entry[1] ~= '$bytes' then
      counts[#counts + 1] = { entry[1], maps.numberOf(entry[2]) or 0 }
    end
  end
  return counts
end

-- One more of a key, or one less; false where there would be too many.
local function countReaction(maps, message, key, by)
  local counts, all, place = countsIn(maps, message), 0
  for i, count in ipairs(counts) do
    all, place = all + count[2], count[1] == key and i or place
  end
  if by > 0 and (all >= REACTIONS_KEPT or not place and #counts >= REACTION_KEYS) then
    return false
  end
  if place then
    counts[place][2] = counts[place][2] + by
    if counts[place][2] <= 0 then
      table.remove(counts, place)
    end
  elseif by > 0 then
    counts[#counts + 1] = { key, 1 }
  end
  local entries = {}
  for i, count in ipairs(counts) do
    entries[i] = { count[1], maps.number(count[2]) }
  end
  message.own.reactions = #entries > 0 and maps.map(entries) or nil
  return true
end

-- Makes or takes back a user's reaction to a message, and counts it there. Gives the bytes that are kept more by it, or less, 0 where it was so
-- already; nil where there would be too many.
local function setReaction(maps, message, id, key, user, isRemoved)
  local member = reactionOf(id, key, user)
  if (redis.call('ZSCORE', reactions, member) and true or false) ~= isRemoved then
    return 0
  elseif not countReaction(maps, message, key, isRemoved and -1 or 1) then
    return nil
  end
  if isRemoved then
    redis.call('ZREM', reactions, member)
    return -#member - REACTION_BYTES
  end
  redis.call('ZADD', reactions, int(id), member)
  goWithHistory(reactions)
  return #member + REACTION_BYTES
end

-- What is told of it: the entries of its kind.
local function reactionTold(maps, message, key, user, isRemoved)
  local rest = { { 'counts', message.own.reactions or maps.map({}) }, { 'by', maps.text(user) }, { 'key', maps.text(key) } }
  rest[4] = isRemoved and { 'removed', maps.boolean(true) } or nil
  return rest
end

-- Whether one member is before another where their scores are the same: by their bytes, which the server's locale would compare otherwise.
local function isBefore(one, other)
  for i = 1, math.min(#one, #other) do
    local a, b = string.byte(one, i), string.byte(other, i)
    if a ~= b then
      return a < b
    end
  end
  return #one < #other
end

-- The rank of the first reaction to a message that is not before a member, by halves: members of one score are in the order of their bytes.
-- And the rank behind its last one.
local function reactionsFrom(id, member)
  local low = redis.call('ZCOUNT', reactions, '-inf', '(' .. int(id))
  local past = low + redis.call('ZCOUNT', reactions, int(id), int(id))
  local high = past
  while low < high do
    local middle = math.floor((low + high) / 2)
    if isBefore(redis.call('ZRANGE', reactions, int(middle), int(middle))[1], member) then
      low = middle + 1
    else
      high = middle
    end
  end
  return low, past
end

-- At most so many reactions behind a member, to whatever messages; from the first one on where it is ''.
local function reactionsBehind(member, count)
  local from = 0
  if member ~= '' then
    from = reactionsFrom(struct.unpack('>d', member), member .. '\0')
  end
  return redis.call('ZRANGE', reactions, int(from), int(from + count - 1))
end

-- Those of a user to messages from the id `firstSeen` on, among at most `lookMax` reactions from behind the one `after` on: ids and keys in
-- turn, of at most `limit`, and the last one that was looked at; nothing at the end.
local function reactedFrom(user, after, firstSeen, lookMax, limit)
  local page, found = reactionsBehind(after, lookMax), {}
  for _, member in ipairs(page) do
    local id, key, name = struct.unpack('>d', member), readReaction(member)
    if name == user and id >= firstSeen then
      found[#found + 1], found[#found + 2] = int(id), key
      if #found == 2 * limit then
        return { found, member }
      end
    end
  end
  return { found, #page == lookMax and page[#page] }
end

-- Takes out those of a user among a page of at most `pageMax` from behind the one `after` on, and gives the last one of it, nothing at the
-- end. `recounted` is told of each message whose counts are others now.
local function eraseReactions(maps, user, after, pageMax, recounted)
  local page = reactionsBehind(after, pageMax)
  for _, member in ipairs(page) do
    local key, name = readReaction(member)
    if name == user then
      local id = struct.unpack('>d', member)
      local entry = entriesBetween(id, id, 1)[1]
      redis.call('ZREM', reactions, member)
      if entry then
        local message = maps.open(entry[2][2])
        countReaction(maps, message, key, -1)
        putLatest(id, maps.shut(message))
        recounted(id)
      end
    end
  end
  return { #page == pageMax and page[#page] }
end
