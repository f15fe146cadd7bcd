-- A page of a room's members in name order. Replies: 'noRoom' | 'notJoined' | {count, {names}}.
if not openLog() then
  return 'noRoom'
end
if not mayRead(user) then
  return 'notJoined'
end
noteSeen()
local from = after == '' and '-' or ('(' .. after)
return { redis.call('ZCARD', names), redis.call('ZRANGEBYLEX', names, from, '+', 'LIMIT', 0, limit) }
