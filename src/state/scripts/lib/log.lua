-- The log of a topic: its position, and how an event joins it.
-- Wants the key `meta`, and of scripts that announce the keys `channel`, `events` and the argument `nonce` (8 random bytes).
-- An event is: kind, seq, id, timestamp, nonce, previous nonce, epoch, subject length, subject, frame
-- (src/bus/event.ts reads it). Appending and publishing happen in one script, so the order of the log is the
-- order of publishing; `saveLog` must be the last write of a script that announced something.
local TRANSIENT, MESSAGE, NOTICE, EVICTED, DELETED, RESET = 0, 1, 2, 3, 4, 5
local EVENTS_KEPT = '1000'
local log
local announced = 0

local function int(n)
  return string.format('%.0f', n)
end

-- In two halves: not every store's struct has integers of 64 bits.
local function u64(n)
  return struct.pack('>I4I4', math.floor(n / 4294967296), n % 4294967296)
end

local function readU64(bytes, at)
  local high, low = struct.unpack('>I4I4', bytes, at)
  return high * 4294967296 + low
end

-- Reads the position; false when the topic does not exist. Writers give the time: the log's clock never goes back.
local function openLog(at)
  local f = redis.call('HMGET', meta, 'epoch', 'seq', 'id', 'ts', 'nonce', 'messageTs', 'historyMax', 'life')
  if not f[1] then
    return false
  end
  local ts = tonumber(f[4])
  log = {
    epoch = f[1], seq = tonumber(f[2]), id = tonumber(f[3]), ts = ts, nonce = f[5],
    messageTs = tonumber(f[6]), max = tonumber(f[7]), life = f[8], now = math.max(tonumber(at or ts), ts),
  }
  return true
end

-- The bytes of an event at the log's current position.
local function stamp(kind, own, subject, frame)
  return struct.pack('B', kind) .. u64(log.seq) .. u64(log.id) .. u64(log.now) .. own .. log.nonce .. log.epoch
    .. struct.pack('>I2', #subject) .. subject .. frame
end

-- Several events of one script share four random bytes; the counter tells them apart.
local function nextNonce()
  announced = announced + 1
  if announced == 1 then
    return nonce
  end
  return string.sub(nonce, 1, 4) .. struct.pack('>I4', announced)
end

-- Appends everything but messages, and publishes it.
local function announce(kind, subject, frame)
  local own = nextNonce()
  log.seq = log.seq + 1
  local event = stamp(kind, own, subject, frame)
  redis.call('XADD', events, 'MAXLEN', '~', EVENTS_KEPT, int(log.seq) .. '-0', 'e', event)
  redis.call('SPUBLISH', channel, event)
  log.nonce = own
  log.ts = log.now
end

local function saveLog()
  if announced > 0 then
    redis.call('HSET', meta, 'seq', int(log.seq), 'ts', int(log.ts), 'nonce', log.nonce)
  end
end

-- The position as a reply: epoch, seq, id, timestamp, nonce.
local function position()
  return { log.epoch, log.seq, log.id, log.ts, log.nonce }
end
