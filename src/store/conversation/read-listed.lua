-- uses: clock conversation/belonging unread/marks history
-- A room as the list of one who belongs to it has it: what it is, what the user is in it, what was said last as far as it is kept, and
-- what of it is unread. One step, so that it is of one moment. `out`: the user has no such room in its list.
if not openLog(now) or not isListed(user) then
  return 'out'
end
local mark = markIn(user) or log.id
local mentions = redis.call('HMGET', mentioned, user, ':')
local newest = math.max(tonumber(mentions[1] or 0), tonumber(mentions[2] or 0))
local last = log.id > 0 and log.id >= oldestVisible() and messagesFrom(log.id, 1, math.huge, true)[1]
return {
  conductOf().kind, roleOf(user), redis.call('HGET', meta, 'attributes'), redis.call('ZCARD', roster),
  last, activeAt(), math.max(0, log.id - mark), newest > mark and 1 or 0, redis.call('SISMEMBER', muted, user),
}
