-- uses: clock contact/presence
-- What others see of a user, as far as Redis knows: whether it is online, when it was last, whether it blocks the one who looks
-- (`other`), whether a contact with that one is under way here, or is there, and the fields it has set, each behind its name, where
-- they are asked for (`whole` '1').
if redis.call('EXISTS', meta) == 0 then
  return 'noUser'
end
return {
  tonumber(seen()), redis.call('HGET', meta, 'lastOnline'),
  redis.call('SISMEMBER', blacklist, other), redis.call('HEXISTS', contactsDue, other),
  redis.call('ZSCORE', contacts, other) and 1 or 0,
  whole == '1' and redis.call('HGETALL', profile) or {},
}
