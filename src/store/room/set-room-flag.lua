-- Switches one kind of notification of a room, `flag` being its field. Changes of a userlist that were to be told in a
-- batch are dropped with their kind: later ones would be told as if from the present userlist.
if redis.call('EXISTS', meta) == 0 then
  return 'noRoom'
end
redis.call('HSET', meta, flag, enabled)
if flag == 'userlistUpdates' and enabled == '0' then
  redis.call('UNLINK', changes)
end
