-- uses: history
-- What a search looks at next: the messages between two ends, which are ids, times or both, all inclusive and '' for none, from the
-- newer end on, or from the older one where it goes `forward` ('1'). `goOn` is the id at which a search goes on that was begun before,
-- '' for none, and `epoch` that of the log in which it was. Wants those as arguments, `limit`, `bytesMax` and what lib/history.lua wants.

-- `first` is the smallest id that the reader may see. Gives the messages in the direction of the search, the ends by their ids, and
-- the epoch; false where the log is another one than `epoch`.
local function searchedFrom(first)
  if epoch ~= '' and epoch ~= log.epoch then
    return false
  end
  local function since(time)
    return agesOf().firstSince(history, time, first, log.id + 1, overlay())
  end
  local isForward = forward == '1'
  local last = math.min(log.id, tonumber(toId) or log.id)
  first = math.max(first, tonumber(fromId) or first)
  first = fromTime == '' and first or since(tonumber(fromTime))
  last = toTime == '' and last or math.min(last, since(tonumber(toTime) + 1) - 1)
  if goOn ~= '' and isForward then
    first = math.max(first, tonumber(goOn))
  elseif goOn ~= '' then
    last = math.min(last, tonumber(goOn))
  end
  local count = math.min(tonumber(limit), last - first + 1)
  local found = {}
  if count > 0 then
    local from = isForward and first or last
    found = messagesFrom(from, count, tonumber(bytesMax), not isForward)
    found = #found > 0 and found or messagesFrom(from, 1, math.huge, not isForward)
  end
  return { found, first, last, log.epoch }
end
