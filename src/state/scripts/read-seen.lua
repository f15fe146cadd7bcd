-- Whether a user is in a room and since when that has been so. Replies: 'noRoom' | 'notJoined' | {joined, ms or nil}.
if redis.call('EXISTS', meta) == 0 then
  return 'noRoom'
end
if not mayRead(user) then
  return 'notJoined'
end
return { redis.call('HEXISTS', members, subject), redis.call('HGET', seen, subject) }
