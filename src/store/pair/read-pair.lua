-- uses: direct/pair
-- A page of the messages of a pair, ascending, with the marks of both. `fromId` is exclusive, `fromTime` inclusive, '' for none;
-- `forward` '1' for what comes behind them, else what is before them, the newest of that. As many as fit into `bytesMax`, one
-- at least. One step, so that messages and marks are of one moment.
if not openLog(now) then
  return 'noPair'
end
local first, last = firstSeenBy(user), log.id
local isBackward = forward ~= '1'
if isBackward then
  last = fromId == '' and last or math.min(last, tonumber(fromId) - 1)
  last = fromTime == '' and last or math.min(last, firstSince(tonumber(fromTime) + 1, first) - 1)
else
  first = fromId == '' and first or math.max(first, tonumber(fromId) + 1)
  first = fromTime == '' and first or math.max(first, firstSince(tonumber(fromTime), first))
end
local count = math.min(tonumber(limit), last - first + 1)
local found = {}
if count > 0 then
  local from = isBackward and last or first
  found = messagesFrom(from, count, tonumber(bytesMax), isBackward)
  found = #found > 0 and found or messagesFrom(from, 1, math.huge, isBackward)
end
if isBackward then
  local ascending = {}
  for at = #found, 1, -1 do
    ascending[#ascending + 1] = found[at]
  end
  found = ascending
end
local sentOwn, sentPeer = markOf('sent', user), markOf('sent', peer)
local readOwn, readPeer = markOf('read', user), markOf('read', peer)
return { found, sentOwn, readOwn, sentPeer, readPeer }
