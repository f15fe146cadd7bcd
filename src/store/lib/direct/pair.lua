-- uses: clock history
-- The log of a pair of users: messages with ids 1, 2, 3 … in one order for both, as events (lib/format.lua) whose subject is the
-- author and whose `seq` is the number among that author's messages: so it is seen whether one of them is missing. Wants the
-- keys `meta`, `history`, `latest`. `meta` has besides the log's position, for each of the two: `last:U` (the newest message of that author),
-- `sent:U` and `read:U` (up to which its messages have come to, and were read by, the other one), `mention:U` (the newest of them that
-- mentions the other one), each as id and number; and `gone:U`: the id up to which a deleted user of that name had the log, which a later one does not see.


-- The id and the number of a mark, zeros where there is none.
local function markOf(kind, author)
  local mark = redis.call('HGET', meta, kind .. ':' .. author)
  local id, n = string.match(mark or '', '^(%d+) (%d+)$')
  return tonumber(id or 0), tonumber(n or 0)
end

local function setMark(kind, author, id, n)
  redis.call('HSET', meta, kind .. ':' .. author, int(id) .. ' ' .. int(n))
end

-- Author, number, time of an event.
local function readMessage(event)
  local _, n, _, at, _, _, _, length = struct.unpack(HEADER, event)
  return string.sub(event, HEADER_BYTES + 1, HEADER_BYTES + length), n, at
end

local function eventAt(id)
  local entry = entriesBetween(tonumber(id), tonumber(id), 1)[1]
  return entry and entry[2][2]
end

-- The smallest id that a user sees; last + 1 where that is none.
local function firstSeenBy(user)
  local gone = tonumber(redis.call('HGET', meta, 'gone:' .. user) or 0)
  return math.min(math.max(oldestVisible(), gone + 1), log.id + 1)
end

-- The smallest id, from one on, of a message of a time or later; last + 1 where there is none.
local function firstSince(time, from)
  return agesOf().firstSince(history, time, from, log.id + 1, overlay())
end
