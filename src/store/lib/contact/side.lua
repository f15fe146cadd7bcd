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
  local noted = redis.call('HGET', contactsDue, other)
  if redis.call('ZSCORE', contacts, other) or (noted and string.find(noted, ' add ', 1, true)) then
    return
  end
  -- The end of what may never have been a contact is noted, too: that note keeps its place for nobody.
  local others = redis.call('ZCARD', contacts) + redis.call('HLEN', contactsDue) - (noted and 1 or 0)
  if others >= tonumber(limit) then
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
