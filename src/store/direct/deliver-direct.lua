-- uses: clock inbox/record direct direct/told inbox/age
-- Hands messages of a pair's log to the user's sockets, in their order and each once: a watermark says how far the messages of
-- `author` were handed on. It asks the rules once more, for this is the step that acts: nothing reaches anybody who has blocked the
-- author meanwhile; it is in the log all the same. Who is away finds them in its inbox, and the note of what was missed stays.
-- `after` is the number of the author's message before the first one given. Where that was not handed on (the node that sent
-- it died between two steps, or is about to do it) nothing is done, and the answer is the number and the id from which on the log is
-- to be read, and how many sends are under way.
-- Nor is anything done where one of them may have changed since it was read, when `asOf` was the number of the last change of the pair: then
-- `stale` is there (lib/direct/told.lua). The frame is '' of one that is not kept any more: nobody is told of that.
-- A message of a lower number and a later time is new: a failover of the log has lost the one that had its number.
-- `ending` is '1' where a send ends by this. Rest arguments: number, id, time and frame of each message, ascending.
if not openLog(now) then
  return 'noUser'
end
local n, id, at = deliveredOf(author, life)
if tonumber(after) > n then
  return { 1, n, id, 0, (select(2, missedOf(author))), false }
end
local stale = #ARGV >= rest and staleSince(author, life, asOf, seen)
if stale then
  return { 0, n, id, 0, (select(2, missedOf(author))), stale }
end
local may, told = mayWrite(user, trusted), 0
for place = rest, #ARGV, 4 do
  local own, time = tonumber(ARGV[place]), tonumber(ARGV[place + 2])
  if own > n or time > at then
    n, id, at = own, tonumber(ARGV[place + 1]), time
    if may and ARGV[place + 3] ~= '' then
      record('', ARGV[place + 3])
      told = told + 1
    end
  end
end
redis.call('HSET', delivered, author, struct.pack(DELIVERED, life, n, id, at))
local _, underWay, since = missedOf(author)
underWay = ending == '1' and math.max(0, underWay - 1) or underWay
writeMissed(author, n, underWay, since)
keepPeers(anonymous)
saveInbox()
trimOldNotices()
return { 0, n, id, told, underWay, false }
