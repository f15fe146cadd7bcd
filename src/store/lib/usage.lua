-- uses: log grant
-- What a room takes of its owner's quota now. Wants the keys `meta`, `history`, `adminlist`, `whitelist`, `blacklist`, `roster`,
-- `silenced`, an open log, lib/bytes.lua and lib/grant.lua.

local function namesIn()
  return redis.call('SCARD', adminlist) + redis.call('SCARD', whitelist) + redis.call('SCARD', blacklist)
    + redis.call('ZCARD', roster) + redis.call('ZCARD', silenced)
end

local function bytesIn()
  local bytes = bytesOf()
  return bytes.keptIn('marks', log.written, history) + bytes.keptIn('ringMarks', log.ringWritten)
end

-- What more the room wants for its bytes, as lib/history-bytes.lua has it of posts: nil for nothing.
local function wish()
  local _, granted, refusedUntil = grantOf()
  local needed = granted and log.now >= refusedUntil and bytesIn()
  if needed and needed > granted then
    return { redis.call('HGET', meta, 'owner'), log.life, needed, 2 * needed + 65536 }
  end
end
