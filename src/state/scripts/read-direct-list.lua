-- The names in one of a user's own lists. One step, so that no list is empty only because its user is gone.
-- Replies: 'gone' | {names}.
if redis.call('EXISTS', meta) == 0 then
  return 'gone'
end
return redis.call('SMEMBERS', list)
