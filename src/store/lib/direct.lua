-- Who may write to a user. Wants the keys `meta`, `whitelist`, `blacklist` of that user. The service itself asks as '',
-- which is nobody's name: it may write to everybody.

-- The blacklist comes before the mode, and the whitelist counts only in whitelist-only mode.
local function mayWrite(user)
  if user == '' then
    return true
  end
  if redis.call('SISMEMBER', blacklist, user) == 1 then
    return false
  end
  return redis.call('HGET', meta, 'directWhitelistOnly') ~= '1' or redis.call('SISMEMBER', whitelist, user) == 1
end
