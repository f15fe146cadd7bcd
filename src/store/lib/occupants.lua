-- uses: log
-- Who is in a room: `occupants` maps a user to its joined `socket@node` list, `names` orders the users for paging,
-- `perNode .. node` maps that node's sockets to users (the sweeper's index), `nodes` lists the nodes that have any.
-- `seen` has since when occupants are there, `left` when others were there last: of them the latest `LEFT_MAX`, for whoever
-- ever came would be too many.
-- `marks` has up to which message each user has read that is here, belongs here or whose session has the room, so what is unread is reckoned and
-- never written; `mentioned` the newest message that mentions each of them, under `:` the newest that mentions all: no name is that.
-- Wants the keys `meta`, `occupants`, `names`, `perNode`, `nodes`, `seen`, `left`, `marks`, `mentioned`, `roster` and an open log.
local LEFT_MAX = 10000

-- A user is out of the room for good: it has no socket there, and not in its session. Who belongs to it keeps the mark.
local function dropMark(user)
  if redis.call('ZSCORE', roster, user) then
    return
  end
  redis.call('HDEL', marks, user)
  redis.call('HDEL', mentioned, user)
end

local function countOf(list)
  if list == '' then
    return 0
  end
  local _, spaces = string.gsub(list, ' ', '')
  return spaces + 1
end

-- Adds a socket. Returns the user's joined sockets, whether this was new, and whether it was the user's first.
local function addOccupant(user, socket, node)
  local entry = socket .. '@' .. node
  local list = redis.call('HGET', occupants, user) or ''
  if string.find(' ' .. list .. ' ', ' ' .. entry .. ' ', 1, true) then
    return countOf(list), false, false
  end
  local first = list == ''
  list = first and entry or (list .. ' ' .. entry)
  redis.call('HSET', occupants, user, list)
  redis.call('HSET', perNode .. node, socket, user)
  redis.call('SADD', nodes, node)
  redis.call('HSETNX', marks, user, int(log.id))
  if first then
    redis.call('ZADD', names, 0, user)
    redis.call('HSET', seen, user, int(log.now))
    redis.call('ZREM', left, user)
  end
  return countOf(list), true, first
end

local function dropOccupant(user)
  redis.call('HDEL', occupants, user)
  redis.call('ZREM', names, user)
  redis.call('HDEL', seen, user)
  redis.call('ZADD', left, int(log.now), user)
  local over = redis.call('ZCARD', left) - LEFT_MAX
  if over > 0 then
    redis.call('ZREMRANGEBYRANK', left, 0, over - 1)
  end
end

-- Removes a socket. Returns the sockets left, whether it had been there, and whether it was the user's last.
local function removeOccupant(user, socket, node)
  local entry = socket .. '@' .. node
  local list = redis.call('HGET', occupants, user) or ''
  redis.call('HDEL', perNode .. node, socket)
  local kept, found = {}, false
  for one in string.gmatch(list, '%S+') do
    if one == entry then
      found = true
    else
      kept[#kept + 1] = one
    end
  end
  if not found then
    return #kept, false, false
  end
  if #kept > 0 then
    redis.call('HSET', occupants, user, table.concat(kept, ' '))
    return #kept, true, false
  end
  dropOccupant(user)
  return 0, true, true
end

-- The field of `meta` with the nodes that have yet to take out their own. Stored under the name that it always had: nodes of
-- two versions share one Redis while a new one is rolled out.
local EVICTING_NODES = 'unsettled'

-- A node has taken out its own occupants in a staged eviction (set-mode.lua). After the last one the eviction is over:
-- no occupant is there who is not admitted.
local function finishEvictionOn(node)
  if log.evicting == 0 then
    return
  end
  local waiting = {}
  for one in string.gmatch(redis.call('HGET', meta, EVICTING_NODES) or '', '%S+') do
    if one ~= node then
      waiting[#waiting + 1] = one
    end
  end
  if #waiting > 0 then
    redis.call('HSET', meta, EVICTING_NODES, table.concat(waiting, ' '))
  else
    redis.call('HDEL', meta, EVICTING_NODES)
    log.evicting = 0
    writeLog()
  end
end

-- A node that has no socket here any more is not listed.
local function forgetIfEmpty(node)
  if redis.call('EXISTS', perNode .. node) == 0 then
    redis.call('SREM', nodes, node)
    finishEvictionOn(node)
  end
end
