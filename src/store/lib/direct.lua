-- Who may write to a user. Wants the keys `meta`, `whitelist`, `blacklist` of that user. Who is `trusted`
-- ('1') may write to everybody: the service itself.

-- The blacklist comes before the mode, and the whitelist counts only in whitelist-only mode.
local function mayWrite(user, trusted)
  if trusted == '1' then
    return true
  end
  if redis.call('SISMEMBER', blacklist, user) == 1 then
    return false
  end
  return redis.call('HGET', meta, 'directWhitelistOnly') ~= '1' or redis.call('SISMEMBER', whitelist, user) == 1
end
