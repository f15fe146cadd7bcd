-- uses: direct/pair messages/changed messages/map
-- Changes of messages of a pair, and what of them the two are still to be told: `changesDue`, by their numbers. Each stays there until
-- both were told (direct/tell-changes.lua), and who is to tell one tells those before it first, whoever left them behind. The floor of
-- `change` is the number up to which both were told. Wants the keys
-- `changesDue` and `reactions` besides those of lib/direct/pair.lua.
-- Packed of each: when it was made; the id of the message; whether it is told whatever the lists of who is told say; who did it; what
-- is left of a message that was recalled, '' of any other; and the change as it is told, a map in MessagePack.
local DUE = '>ddBI4c0I4c0I4c0'
local change, toldUpTo = changePlace(redis.call('HGET', meta, 'change'))

local function isDue()
  return change > toldUpTo
end

-- Gives it packed.
local function noteDue(number, at, id, always, by, left, told)
  local packed = struct.pack(DUE, at, id, always and 1 or 0, #by, by, #left, left, #told, told)
  redis.call('HSET', changesDue, int(number), packed)
  return packed
end

-- The next change of a message, as it is told: `more` are the entries of its kind.
local function numbered(maps, message, id, kind, at, more)
  change = change + 1
  local entries = {
    { 'change', maps.number(change) }, { 'id', maps.number(id) }, { 'kind', maps.text(kind) },
    { 'version', maps.number(maps.versionOf(message)) }, { 'timestamp', maps.number(at) },
  }
  for _, entry in ipairs(more) do
    entries[#entries + 1] = entry
  end
  return entries
end

-- Of a message whose content is gone nothing of it is told any more: notices of other texts take the form of the recall, but for their numbers.
local function recallDue(maps, id, left, entries)
  local all = redis.call('HGETALL', changesDue)
  for i = 1, #all, 2 do
    local at, own, always, by, _, told = struct.unpack(DUE, all[i + 1])
    if own == id then
      local known = {}
      for _, entry in ipairs(maps.entriesAt(told, 1)) do
        known[entry[1]] = entry[2]
      end
      local kind = maps.textOf(known.kind)
      if kind == 'update' or kind == 'append' then
        entries[1] = { 'change', known.change }
        noteDue(tonumber(all[i]), at, id, true, by, left, maps.map(entries))
      end
    end
  end
end

-- Up to which id the log was a deleted user's of that name: a later one hears nothing of it. What is only too old is told.
local function goneOf(user)
  return tonumber(redis.call('HGET', meta, 'gone:' .. user) or 0)
end

-- What is to be told of a change that is packed, and whether each of the two is one whose message it is.
local function dueOf(number, packed, goneOwn, gonePeer)
  local at, id, always, by, left, told = struct.unpack(DUE, packed)
  return { number, at, id, always, by, left, told, id > goneOwn and 1 or 0, id > gonePeer and 1 or 0 }
end

-- The oldest changes that are still to be told, a page of at most `limit` and about `bytesMax` bytes, one at least.
local function dueFrom(user, peer, limit, bytesMax)
  local numbers, bytes, page = {}, 0, {}
  for _, number in ipairs(redis.call('HKEYS', changesDue)) do
    numbers[#numbers + 1] = tonumber(number)
  end
  table.sort(numbers)
  local goneOwn, gonePeer = goneOf(user), goneOf(peer)
  for i = 1, math.min(#numbers, limit) do
    local packed = redis.call('HGET', changesDue, int(numbers[i]))
    bytes = bytes + #packed
    if bytes > bytesMax and i > 1 then
      break
    end
    page[i] = dueOf(numbers[i], packed, goneOwn, gonePeer)
  end
  return page
end

-- What a user did, and what was done to its messages, is not told any more, but that it was recalled; why is what the user said. `own` says
-- of an event whether it is one of them.
local function forgetDue(maps, user, own)
  local all = redis.call('HGETALL', changesDue)
  for i = 1, #all, 2 do
    local at, id, always, by, left, told = struct.unpack(DUE, all[i + 1])
    local event = eventAt(id)
    if left == '' and (by == user or not event or own(event)) then
      redis.call('HDEL', changesDue, all[i])
    elseif by == user then
      local entries = maps.entriesAt(told, 1)
      for place = #entries, 1, -1 do
        if entries[place][1] == 'reason' then
          table.remove(entries, place)
        end
      end
      noteDue(tonumber(all[i]), at, id, always == 1, by, left, maps.map(entries))
    end
  end
end

-- Behind the last change of a step, before the log is written. What goes by itself with the log goes with it.
local function saveChanges()
  redis.call('HSET', meta, 'change', struct.pack(CHANGE, change, toldUpTo))
  local left = redis.call('PTTL', meta)
  if left > 0 then
    redis.call('PEXPIRE', changesDue, left)
    redis.call('PEXPIRE', reactions, left)
  end
end
