-- uses: log
-- The numbers of the changes of a log's messages: 1, 2, 3 … in one order. `change`, a field of `meta`, packs the last one and the floor, up
-- to which it is not known any more which messages have changed; nothing where nothing was. `changed` is a sorted set of the ids of
-- messages by the number of their last change. Wants the keys `meta`, and of who changes something `changed`, with an open log.
local CHANGE, CHANGED_MAX = '>dd', 10000
local lastChange, changeFloor, firstChange

-- The last number and the floor, as they are stored; zeros of nothing.
local function changePlace(stored)
  if not stored then
    return 0, 0
  end
  return struct.unpack(CHANGE, stored)
end

-- The number of the next change, which is one of the message of an id.
local function nextChange(id)
  if not lastChange then
    lastChange, changeFloor = changePlace(redis.call('HGET', meta, 'change'))
    firstChange = lastChange + 1
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
    changeFloor = tonumber(redis.call('ZRANGE', changed, int(over - 1), int(over - 1), 'WITHSCORES')[2])
    redis.call('ZREMRANGEBYRANK', changed, '0', int(over - 1))
  end
  redis.call('HSET', meta, 'change', struct.pack(CHANGE, lastChange, changeFloor))
end
