-- What a user shows of how it is, of which version that is, and what of it is yet to be told, or being told, as `other` may see it:
-- nothing where the user blocks it. Of one moment, for who writes compares by the version and by what was told last.
if redis.call('EXISTS', meta) == 0 then
  return 'noUser'
end
if redis.call('SISMEMBER', blacklist, other) == 1 then
  return { 0, false, 0, false, 0 }
end
local f = redis.call('HMGET', meta, 'stateVersion', 'state', 'stateTold', 'stateDue')
return { tonumber(f[1] or 0), f[2], tonumber(f[3] or 0), f[4], redis.call('HEXISTS', meta, 'stateTelling') }
