-- uses: direct/pair
-- Marks messages of `author` as come to the other one: those from the id `first` to the id `last` were had. The mark stops before
-- the first message of the author that nobody has had: it moves only where none is kept between it and `first`. One step, so that
-- it only goes forward. Gives the new mark, 0 where it has not moved; where it is now, and up to which number.
local LOOKED_MAX = 200
if not openLog(now) then
  return 'noPair'
end
local sentId, sentN = markOf('sent', author)
local event = tonumber(last) > sentId and eventAt(last)
if not event then
  return { 0, sentId, sentN }
end
local by, n = readMessage(event)
local oldest = math.max(sentId + 1, oldestVisible())
local isUnbroken = by == author
if isUnbroken and tonumber(first) > oldest then
  local begins = eventAt(first)
  local firstBy, firstN = readMessage(begins or event)
  if firstBy ~= author or firstN > sentN + 1 then
    -- What is in between may be the other's own, or not be kept any more.
    local entries = redis.call('XRANGE', history, int(oldest), int(tonumber(first) - 1), 'COUNT', LOOKED_MAX)
    isUnbroken = #entries < LOOKED_MAX
    for _, entry in ipairs(entries) do
      isUnbroken = isUnbroken and readMessage(entry[2][2]) ~= author
    end
  end
end
if not isUnbroken then
  return { 0, sentId, sentN }
end
setMark('sent', author, tonumber(last), n)
return { tonumber(last), tonumber(last), n }
