-- uses: log
-- The numbers of the changes of a log's messages: 1, 2, 3 … in one order. `change`, a field of `meta`, packs the last one and the floor, up
-- to which it is not known any more which messages have changed; nothing where nothing was. `changed` is a sorted set of the ids of
-- messages by the number of their last change. Wants the keys `meta`, and of who changes something `changed` and the time, with an open log.
-- In rooms it packs besides, of both, when that was (0 for unknown), when the first one was made by the server that made the last, and the
-- run id of that server. Another one may be a replica or a snapshot that lacks the last changes, and gives their numbers again: so
-- of what was before it only the last is vouched for, and behind it a number that somebody has from before is none of these.
local CHANGE, LINE, LINE_BYTES, CHANGED_MAX = '>dd', '>ddddd', 40, 10000
-- No server is taken over for in less, so that a stream of changes does not ask at each.
local SAME_SERVER_MS = 20
local lastChange, changeFloor, lastAt, floorAt, lineSince, lineServer

-- The last number and the floor, as they are stored; zeros of nothing.
local function changePlace(stored)
  if not stored then
    return 0, 0
  end
  return struct.unpack(CHANGE, stored)
end

-- Of a room: the last number, the floor, the times of both, since when the server has made them, and which. An earlier build stored
-- the numbers only.
local function changeLine(stored)
  if not stored or #stored < LINE_BYTES then
    local last, floor = changePlace(stored)
    return last, floor, 0, 0, 0, ''
  end
  local last, floor, at, atFloor, since = struct.unpack(LINE, stored)
  return last, floor, at, atFloor, since, string.sub(stored, LINE_BYTES + 1)
end

local function beginLine()
  lastChange, changeFloor, lastAt, floorAt, lineSince, lineServer = changeLine(redis.call('HGET', meta, 'change'))
  -- By its own clock: that of a log is never set back.
  if lineServer ~= '' and math.abs(now - lastAt) < SAME_SERVER_MS then
    return
  end
  local info = redis.pcall('INFO', 'server')
  -- Who may not ask takes all servers for one.
  local server = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or '-'
  if server ~= lineServer then
    changeFloor, floorAt, lineSince, lineServer = lastChange, lastAt, log.now, server
  end
end

-- The number of the next change, which is one of the message of an id.
local function nextChange(id)
  if not lastChange then
    beginLine()
  end
  lastChange = lastChange + 1
  redis.call('ZADD', changed, int(lastChange), int(id))
  return lastChange
end

-- The last write but for the log's of who has changed something.
local function saveChange()
  if not lastChange then
    return
  end
  local over = redis.call('ZCARD', changed) - CHANGED_MAX
  if over > 0 then
    local trimmed = tonumber(redis.call('ZRANGE', changed, int(over - 1), int(over - 1), 'WITHSCORES')[2])
    if trimmed > changeFloor then
      changeFloor, floorAt = trimmed, 0
    end
    redis.call('ZREMRANGEBYRANK', changed, '0', int(over - 1))
  end
  local line = struct.pack(LINE, lastChange, changeFloor, log.now, floorAt, lineSince) .. lineServer
  redis.call('HSET', meta, 'change', line)
end
