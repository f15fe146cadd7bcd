-- uses: clock history
-- A page of a user's inbox behind a position: the notices from the one after `after` on, up to `upTo`, as many as fit into `bytesMax`,
-- one at least. `lost`: they are not kept any more, or not in that life of the log, or the notice of the position, told at `afterAt`
-- (0: not known), is another one. One step, so that no notice is trimmed between the look and the reading.
if not openLog(now) or log.epoch ~= epoch then
  return 'lost'
end
local from = tonumber(after) + 1
if from < oldestVisible() then
  return 'lost'
end
local known = afterAt ~= '0' and entriesBetween(from - 1, from - 1, 1)[1]
if known and select(4, struct.unpack(HEADER, known[2][2])) ~= tonumber(afterAt) then
  return 'lost'
end
local count = math.min(tonumber(limit), tonumber(upTo) - from + 1)
local found = messagesFrom(from, count, tonumber(bytesMax))
return #found > 0 and found or messagesFrom(from, 1, math.huge)
