-- uses: messages/latest age/ages
-- A log as the outbox of webhooks: how far it was sent. The place is in the slot of the log, so a failover takes both back to the
-- same point: what was sent and then lost is not in the log, and what follows has its numbers. Wants the keys `meta`, `history`,
-- `latest`, `events` and `webhook`, a hash: `life` of the log, `seq` and `id` up to which it was sent; of a batch under way `token`,
-- `toSeq`, `toId` and `mark`; `node`, which sends, and `until` when nobody else does; `failures` in a row, and `retryAt`; the `most` events that its receiver takes at once, where it has refused more; `replays`; what the first batch says of the beginning,
-- until it was taken: `former`, how far an earlier life was sent of whose end nobody was told, and whether the room was `made`.
local PLACE = { 'life', 'seq', 'id', 'toSeq', 'toId', 'mark', 'token', 'node', 'until', 'failures', 'retryAt', 'most', 'replays', 'former', 'made' }
local IS_TEXT = { life = true, mark = true, token = true, node = true }

local function readPlace()
  local found, place = redis.call('HMGET', webhook, unpack(PLACE)), {}
  for at, field in ipairs(PLACE) do
    local value = found[at] or nil
    place[field] = not IS_TEXT[field] and tonumber(value) or value
  end
  return place
end

-- What is nil is not there any more.
local function writePlace(place)
  local set, gone = {}, {}
  for _, field in ipairs(PLACE) do
    local value = place[field]
    if value then
      set[#set + 1], set[#set + 2] = field, type(value) == 'number' and int(value) or value
    else
      gone[#gone + 1] = field
    end
  end
  redis.call('HSET', webhook, unpack(set))
  if #gone > 0 then
    redis.call('HDEL', webhook, unpack(gone))
  end
end

-- Of an event as it is packed: its number, its id, its time.
local function numbersOf(event)
  local _, seq, id, at = struct.unpack(HEADER, event)
  return seq, id, at
end

-- What tells it from another one of its number in a forked log.
local function nonceIn(event)
  local _, _, _, _, nonce = struct.unpack(HEADER, event)
  return nonce
end

-- The first id of a message that is an event: what was imported before it has no number (lib/messages/imported.lua), and is not sent.
local function firstSaid()
  return (tonumber(redis.call('HGET', meta, 'imported')) or 0) + 1
end

-- The first number that is kept, from a time on; the next one of the log where there is none.
local function seqSince(time)
  local first = log.seq + 1
  local id = agesOf().firstSince(history, time, oldestKept(), log.id + 1, overlay())
  local entry = entriesBetween(math.max(id, firstSaid()), log.id, 1)[1]
  if entry then
    first = numbersOf(entry[2][2])
  end
  local below, step = '+', 50
  repeat
    local page = redis.call('XREVRANGE', events, below, '-', 'COUNT', step)
    for _, one in ipairs(page) do
      local seq, _, at = numbersOf(one[2][2])
      if at < time then
        return first
      end
      first, below = math.min(first, seq), '(' .. one[1]
    end
  until #page < step
  return first
end

-- The id of the last message before the event of a number.
local function idBefore(seq)
  local low, high = oldestKept(), log.id + 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    local entry = entriesBetween(middle, log.id, 1)[1]
    if entry and numbersOf(entry[2][2]) < seq then
      low = idOf(entry) + 1
    else
      high = middle
    end
  end
  return math.min(low, log.id + 1) - 1
end
