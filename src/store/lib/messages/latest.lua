-- uses: log
-- The latest version of each message of a log. A stream cannot be edited: the latest version of a message that was changed stands in
-- `latest`, a sorted set of events by their ids. All that reads messages reads them by `entriesBetween`, which has it in the place of the
-- one in the stream. A log of which nothing was changed pays for one look at whether there is such a set. Where the content of a
-- message is to go its entry is taken out of the stream, and only marked in it: `dirty`, a field of `meta`, says that it is to be written
-- anew (authored/rewrite-history.lua). `reactions`, a sorted set by the ids too (lib/messages/reactions.lua), goes with `latest`.
-- Wants the keys `meta`, `history`, `latest`, of who trims or changes `reactions`, and an open log.
local HEADER_BYTES = 61
local hasLatest
local isNoted, isTimed = false, false

local function isChanged()
  if hasLatest == nil then
    hasLatest = redis.call('EXISTS', latest) == 1
  end
  return hasLatest
end

-- The set, where there is one.
local function overlay()
  return isChanged() and latest or nil
end

local function idOf(entry)
  return tonumber(string.match(entry[1], '^%d+'))
end

-- The entries of a stream with those of the set among them, which take the place of theirs; both in one order.
local function merged(entries, changed, newestFirst, count)
  local all, at = {}, 1
  for i = 1, #changed, 2 do
    local id = tonumber(changed[i + 1])
    while entries[at] and (newestFirst and idOf(entries[at]) > id or not newestFirst and idOf(entries[at]) < id) do
      all[#all + 1], at = entries[at], at + 1
    end
    if entries[at] and idOf(entries[at]) == id then
      at = at + 1
    end
    all[#all + 1] = { int(id) .. '-0', { 'e', changed[i] } }
  end
  for i = at, #entries do
    all[#all + 1] = entries[i]
  end
  for i = count + 1, #all do
    all[i] = nil
  end
  return all
end

-- The messages with ids from one to another, at most `count`, as XRANGE gives them: oldest first, or newest first.
local function entriesBetween(first, last, count, newestFirst)
  local entries = newestFirst and redis.call('XREVRANGE', history, int(last), int(first), 'COUNT', count)
    or redis.call('XRANGE', history, int(first), int(last), 'COUNT', count)
  if not isChanged() then
    return entries
  end
  -- Behind the end of this page the stream is not known yet.
  if #entries == count and newestFirst then
    first = idOf(entries[count])
  elseif #entries == count then
    last = idOf(entries[count])
  end
  local changed = newestFirst
      and redis.call('ZREVRANGEBYSCORE', latest, int(last), int(first), 'WITHSCORES', 'LIMIT', 0, count)
    or redis.call('ZRANGEBYSCORE', latest, int(first), int(last), 'WITHSCORES', 'LIMIT', 0, count)
  return merged(entries, changed, newestFirst, count)
end

-- The smallest id that is kept; last + 1 where nothing is. Below the oldest one of the stream there may be holes that are filled:
-- down to where something was trimmed, for what is left of the set below that is not kept any more.
local function oldestKept()
  local entry = redis.call('XRANGE', history, '-', '+', 'COUNT', 1)[1]
  local kept = entry and idOf(entry) or log.id + 1
  if not isChanged() then
    return kept
  end
  local lowest = tonumber(redis.call('ZRANGE', latest, '0', '0', 'WITHSCORES')[2])
  local low, high = math.max(lowest, log.id - log.max + 1), kept
  while low < high do
    local middle = math.floor((low + high) / 2)
    if redis.call('ZCOUNT', latest, int(middle), int(kept - 1)) == kept - middle then
      high = middle
    else
      low = middle + 1
    end
  end
  return high
end

-- Takes out what is of messages below an id.
local function trimLatest(id)
  redis.call('ZREMRANGEBYSCORE', latest, '-inf', '(' .. int(id))
  redis.call('ZREMRANGEBYSCORE', reactions, '-inf', '(' .. int(id))
end

-- What is of messages goes when the stream goes by itself.
local function goWithHistory(key)
  local left = redis.call('PTTL', history)
  if left > 0 then
    redis.call('PEXPIRE', key, left)
  end
end

-- Puts another version in the place of a message. Returns whether there was one already. The first write is the one that needs memory, so a
-- full Redis refuses it, unless something was taken out before.
local function putLatest(id, event)
  local known = redis.call('ZRANGEBYSCORE', latest, int(id), int(id))[1]
  redis.call('ZADD', latest, int(id), event)
  if known and known ~= event then
    redis.call('ZREM', latest, known)
  end
  if not isTimed then
    goWithHistory(latest)
    isTimed, hasLatest = true, true
  end
  return known ~= nil
end

-- The same where nothing is to be left of what there was, reactions to it neither. Wants the key `rewritten`: a copy that was begun has it.
-- XDEL comes first, whether the stream has it or not: it needs no memory, so all of this is done where Redis has none left, too.
local function replaceEntry(entry, event)
  local id = idOf(entry)
  local kept = redis.call('XRANGE', history, int(id), int(id), 'COUNT', 1)[1]
  redis.call('XDEL', history, kept and kept[1] or int(id) .. '-0')
  putLatest(id, event)
  redis.call('ZREMRANGEBYSCORE', reactions, int(id), int(id))
  if not isNoted then
    redis.call('UNLINK', rewritten)
    redis.call('HSET', meta, 'dirty', '1')
    isNoted = true
  end
end

-- What is left of a message whose content is gone: the event with another frame, `prefix`, its time, `middle`, its id.
local function tombstoneOf(event, prefix, middle)
  local _, _, id, at, _, _, _, length = struct.unpack(HEADER, event)
  return string.sub(event, 1, HEADER_BYTES + length) .. prefix .. u64(at) .. middle .. u64(id)
end
