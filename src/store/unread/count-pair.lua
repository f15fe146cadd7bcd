-- uses: direct/pair
-- What `user` has not read of what `author` wrote to it, as far as it still sees that: how many messages, whether one of them mentions
-- it, up to which it has read, the number of the newest, when the last message of both came, and that itself where it is asked for
-- (`whole` '1'). One step, so that all is of one moment.
local PAGE, LOOKED_MAX = 100, 2000
if not openLog(now) then
  return 'noPair'
end
local lastId, newest = markOf('last', author)
local readId, readN = markOf('read', author)
local first = firstSeenBy(user)

-- The number of the author's last message before `first`: of so many between, all of them the user's own, 0 is taken for it.
local function unseen()
  local from = first
  while from <= lastId and from < first + LOOKED_MAX do
    local entries = entriesBetween(from, lastId, PAGE)
    for _, entry in ipairs(entries) do
      local by, n = readMessage(entry[2][2])
      if by == author then
        return n - 1
      end
    end
    if #entries < PAGE then
      return 0
    end
    from = idOf(entries[#entries]) + 1
  end
  return 0
end

local unread = 0
if lastId >= first then
  unread = math.max(0, newest - math.max(readN, readId < first - 1 and unseen() or 0))
end
local isMentioned = unread > 0 and markOf('mention', author) >= math.max(first, readId + 1)
local last = whole == '1' and log.id >= first and eventAt(log.id)
return { unread, isMentioned and 1 or 0, readId, newest, log.messageTs, last }
