-- uses: direct/pair
-- A user is being deleted: what was said up to now is not for a later one of that name, and still there for the other one. Once both
-- have gone since the last message the log goes. One step, so that it is gone when it is nobody's.
if not openLog() then
  return 'noPair'
end
redis.call('HSET', meta, 'gone:' .. user, int(log.id))
if tonumber(redis.call('HGET', meta, 'gone:' .. peer) or -1) >= log.id then
  redis.call('UNLINK', meta, history, latest, rewritten, reactions, changesDue)
end
