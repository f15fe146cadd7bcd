-- uses: direct/pair
-- Marks what `author` wrote as read by the other one, up to an id: never back, and clamped to the newest. Only messages of the
-- author count: the mark is at the last of them up to there. What was read has come. One step, so that marks only go forward. Gives
-- the new mark, 0 where it has not moved; up to which number of the author's messages all have come; that of its newest one; and
-- that of the one at the new mark.
local PAGE, LOOKED_MAX = 50, 2000
if not openLog(now) then
  return 'noPair'
end
local readId = markOf('read', author)
local sentId, sentN = markOf('sent', author)
local lastId, newest = markOf('last', author)
local id, looked = math.min(tonumber(upTo), lastId), 0
if id == lastId and id > readId then
  -- Also where it is not kept any more.
  setMark('read', author, lastId, newest)
  setMark('sent', author, lastId, newest)
  return { lastId, newest, newest, newest }
end
while id > readId and looked < LOOKED_MAX do
  local entries = entriesBetween(readId + 1, id, PAGE, true)
  for _, entry in ipairs(entries) do
    local by, n = readMessage(entry[2][2])
    id = idOf(entry)
    if by == author then
      setMark('read', author, id, n)
      if id > sentId then
        setMark('sent', author, id, n)
        sentN = n
      end
      return { id, sentN, newest, n }
    end
  end
  if #entries < PAGE then
    break
  end
  id, looked = id - 1, looked + #entries
end
return { 0, sentN, newest, 0 }
