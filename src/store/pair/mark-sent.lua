-- uses: direct/pair
-- Marks messages of `author` as come to `user`: those from the id `first` to the id `last` were had. The mark stops before the first
-- message of the author that nobody has had: it moves only where none that the user sees is kept between it and `first`. One
-- step, so that it only goes forward. Gives the new mark, 0 where it has not moved; where it is now, and up to which number; and
-- the number of the author's newest message.
local PAGE = 100
if not openLog(now) then
  return 'noPair'
end
local sentId, sentN = markOf('sent', author)
local newest = select(2, markOf('last', author))
local event = tonumber(last) > sentId and eventAt(last)
if not event then
  return { 0, sentId, sentN, newest }
end

-- Whether a message of the author is kept from one id on, before another. What is in between may be the other's own, as much as
-- the log keeps, or not be kept any more.
local function isLeft(from, before)
  while from < before do
    local entries = entriesBetween(from, before - 1, PAGE)
    for _, entry in ipairs(entries) do
      if readMessage(entry[2][2]) == author then
        return true
      end
    end
    if #entries < PAGE then
      return false
    end
    from = idOf(entries[#entries]) + 1
  end
  return false
end

local by, n = readMessage(event)
local isUnbroken = by == author
local oldest = math.max(sentId + 1, firstSeenBy(user))
if isUnbroken and tonumber(first) > oldest then
  local begins = eventAt(first)
  local firstBy, firstN = readMessage(begins or event)
  if firstBy ~= author or firstN > sentN + 1 then
    isUnbroken = not isLeft(oldest, tonumber(first))
  end
end
if not isUnbroken then
  return { 0, sentId, sentN, newest }
end
setMark('sent', author, tonumber(last), n)
return { tonumber(last), tonumber(last), n, newest }
