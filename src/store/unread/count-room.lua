-- uses: clock unread/marks history
-- What a user has not read of a room: how many messages, whether one of them mentions it, when the last one came, and that itself
-- where it is asked for (`whole` '1') and still kept. What was said and not kept counts. One step, so that it is of one moment.
-- A mark of who has lost the room while it was away, and so was taken out by nobody, goes here; that of who belongs to it stays.
if not openLog(now) then
  return 'noRoom'
end
local mark = markIn(user)
if not mark then
  return 'noMark'
end
if not mayMark(user, '0') then
  if not isMember(user) then
    redis.call('HDEL', marks, user)
    redis.call('HDEL', mentioned, user)
  end
  return 'notJoined'
end
local mentions = redis.call('HMGET', mentioned, user, ':')
local newest = math.max(tonumber(mentions[1] or 0), tonumber(mentions[2] or 0))
local last = whole == '1' and log.id > 0 and log.id >= oldestVisible() and messagesFrom(log.id, 1, math.huge, true)[1]
return { math.max(0, log.id - mark), newest > mark and 1 or 0, log.messageTs, last }
