-- uses: log inbox/expiry age/ages
-- The inbox: those notices of a user's log that a device may have missed, as they are told to it when it comes back. Each has the
-- next `id`, without gaps, and stands in `history` instead of the ring, as a room's messages do: it is a `MESSAGE` of the user's log,
-- so nodes follow both kinds in one order. It is there whether any socket was there or not. `log.max` says how many are kept
-- (login-user.lua), about (lib/history.lua reads exactly), and not more than a MiB; where that is 0 they are events like others, and
-- only their number is known. Wants lib/bytes.lua, and the keys `meta`, `channel`, `events`, `history`, `sockets`. `record` stands for
-- `announce`, and `saveInbox` for `saveLog`: the last write, but for that the history goes with a user who is about to be forgotten.
local INBOX_BYTES, INBOX_STEP = 1048576, 131072
local recorded, isAged = false, false

local function record(subject, frame)
  recorded = true
  log.id, log.messageTs = log.id + 1, log.now
  if log.max == 0 then
    if redis.call('HLEN', sockets) > 0 then
      announce(MESSAGE, subject, frame)
    end
    return
  end
  local event = nextEvent(MESSAGE, subject, frame)
  local size = #event + ENTRY_BYTES
  log.written = log.written + size
  if log.written >= log.lookAt then
    local _, lookAt = bytesOf().keepWithin(history, 'marks', log.id, size, log.written, INBOX_BYTES, INBOX_STEP)
    log.lookAt = lookAt
  end
  redis.call('XADD', history, 'MAXLEN', '~', int(log.max), int(log.id) .. '-0', 'e', event)
  -- Also where nobody is there: asking costs the same, and a node that still follows the user stays up to date.
  redis.call('SPUBLISH', channel, event)
end

-- No later than the user, where that is about to be forgotten.
local function goWithUser()
  if leftMs() > 0 then
    local own = redis.call('PTTL', history)
    if own < 0 or own > leftMs() then
      redis.call('PEXPIRE', history, leftMs())
    end
  end
end

local function saveInbox()
  if not recorded then
    return saveLog()
  end
  writeLog()
  -- Whatever the newest notice is, it is kept as long as a message would be.
  local noted = log.max > 0 and redis.call('HGET', meta, 'aged')
  if noted then
    isAged = true
    redis.call('PEXPIREAT', history, int(log.now + agesOf().lastsFor((struct.unpack(AGED, noted)))))
  end
  goWithUser()
end
