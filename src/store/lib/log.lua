-- uses: format bytes
-- The log of a topic: its position, and how an event joins it.
-- Wants the key `meta`, and of scripts that announce the keys `channel`, `events` and the argument `nonce` (8 random
-- bytes). An event is a header (lib/format.lua), its subject, its frame. Appending and publishing happen in one script,
-- so the order of the log is the order of publishing; `saveLog` must be the last write of a script that announced.
-- Of events the newest 1000 are kept, and not more than a MiB. Wants lib/bytes.lua of scripts that announce.
local EVENTS_KEPT = '1000'
local RING_BYTES, RING_STEP = 1048576, 131072
local log
local announced = 0

local function int(n)
  return string.format('%.0f', n)
end

-- All of a log's position is one packed field: reading and writing it is one call each.
local function writeLog()
  redis.call('HSET', meta, 'log', struct.pack(POSITION, log.epoch, log.nonce, log.seq, log.id, log.ts, log.messageTs,
    log.max, log.generation, log.previous, log.evicting, log.repeats, log.written, log.lookAt,
    struct.pack(REST, log.life, log.ringWritten, log.ringLookAt)))
end

-- Begins a log. `max` is the number of messages that are kept.
local function newLog(epoch, at, max)
  log = {
    epoch = epoch, nonce = nonce, seq = 0, id = 0, ts = tonumber(at), messageTs = 0, max = tonumber(max),
    generation = 0, previous = 0, evicting = 0, life = epoch, now = tonumber(at),
    repeats = 0, written = 0, lookAt = 0, ringWritten = 0, ringLookAt = RING_STEP,
  }
  writeLog()
end

-- Reads the position; false when the topic does not exist. Writers give the time: the log's clock never goes back.
local function openLog(at)
  local packed = packedPosition()
  if not packed then
    return false
  end
  log = {}
  local rest
  log.epoch, log.nonce, log.seq, log.id, log.ts, log.messageTs, log.max, log.generation, log.previous, log.evicting,
    log.repeats, log.written, log.lookAt, rest = struct.unpack(POSITION, packed)
  log.life, log.ringWritten, log.ringLookAt = struct.unpack(REST, rest)
  log.now = math.max(tonumber(at or log.ts), log.ts)
  return true
end

-- Several events of one script share four random bytes; the counter tells them apart.
local function nextNonce()
  announced = announced + 1
  if announced == 1 then
    return nonce
  end
  return string.sub(nonce, 1, 4) .. struct.pack('>I4', announced)
end

-- Bounds the ring in bytes as well. Where the owner's quota is used up (lib/grant.lua) it has an eighth.
local function trimRing(size)
  local granted, limit = redis.call('HGET', meta, 'granted'), RING_BYTES
  if granted and log.now < select(3, struct.unpack('>ddd', granted)) then
    limit = RING_BYTES / 8
  end
  local _, lookAt = bytesOf().keepWithin(events, 'ringMarks', log.seq, size, log.ringWritten, limit, limit / 8)
  log.ringLookAt = lookAt
end

-- The next event, packed: the last one of the log from here on.
local function nextEvent(kind, subject, frame)
  local own = nextNonce()
  log.seq = log.seq + 1
  local event = struct.pack(HEADER, kind, log.seq, log.id, log.now, own, log.nonce, log.epoch, #subject)
    .. subject .. frame
  log.nonce, log.ts = own, log.now
  return event
end

-- Appends everything but messages, and publishes it. `subject` of a `NOTICE`: for a user as lib/recipients.lua says; for a
-- room the one socket that is out of the room by it, '' for none.
local function announce(kind, subject, frame)
  local event = nextEvent(kind, subject, frame)
  log.ringWritten = log.ringWritten + #event + ENTRY_BYTES
  if log.ringWritten >= log.ringLookAt then
    trimRing(#event + ENTRY_BYTES)
  end
  redis.call('XADD', events, 'MAXLEN', '~', EVENTS_KEPT, int(log.seq) .. '-0', 'e', event)
  redis.call('SPUBLISH', channel, event)
end

-- Publishes to who hears the topic now, with a place behind its last event, and appends nothing. Once in a script. `subject`:
-- for a user as lib/recipients.lua says; for a room the one socket that does not hear it, '' for none.
local function publish(subject, frame)
  redis.call('SPUBLISH', channel, struct.pack(HEADER, TRANSIENT, log.seq, log.id, log.now, nonce, log.nonce, log.epoch,
    #subject) .. subject .. frame)
end

local function saveLog()
  if announced > 0 then
    writeLog()
  end
end

-- The position as a reply: epoch, seq, id, timestamp, nonce.
local function position()
  return { log.epoch, log.seq, log.id, log.ts, log.nonce }
end
