-- One side of a contact: whether a user may have another one among its contacts, and how its sockets are told. Wants
-- lib/direct.lua, lib/inbox/record.lua and lib/recipients.lua before it, and the keys `contacts`, `contactsDue`.

-- Why `other` may not become a contact; nothing where it may. `adds` is '1' where it is this user who adds, and who blocks
-- somebody adds nobody; else the same rules as for writing to it. Rights come before the limit, and who is `trusted` has them.
local function refusalOf(other, trusted, adds, limit)
  if trusted ~= '1' then
    local isBlocked = adds == '1' and redis.call('SISMEMBER', blacklist, other) == 1
    if isBlocked or (adds ~= '1' and not mayWrite(other, trusted)) then
      return 'notAllowed'
    end
  end
  if redis.call('ZSCORE', contacts, other) or redis.call('HEXISTS', contactsDue, other) == 1 then
    return
  end
  if redis.call('ZCARD', contacts) + redis.call('HLEN', contactsDue) >= tonumber(limit) then
    return 'listLimitExceeded'
  end
end

-- To all sockets of this user but one, '' for none, now or later. An empty frame tells nobody.
local function tellSide(except, frame)
  if frame ~= '' then
    record(allBut(except), frame)
    saveInbox()
  end
end
