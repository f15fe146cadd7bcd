-- Whether an end was put to what a login shows, after it was issued. `revoked` has the marks of the service, which count for
-- whatever is shown; `voided` those of `disconnect`, which count for resume tokens. Both map a family of logins, or `*` for all
-- of the user, to a time: what was issued up to then is over. Times are microseconds by Redis's clock. Wants these keys and the
-- arguments `issuedAt`, `device` ('' for none), `family` of a resume token ('' where none is shown). What issues or ends
-- wants the key `meta` and lib/clock.lua.

local function isMarked(marks, name)
  for _, at in ipairs(redis.call('HMGET', marks, '*', name)) do
    if at and tonumber(issuedAt) <= tonumber(at) then
      return true
    end
  end
  return false
end

local function micros()
  return clock[1] * 1000000 + clock[2]
end

-- When the user's last resume token was issued.
local function lastIssued()
  return tonumber(redis.call('HGET', meta, 'issued') or 0)
end

-- The time up to which what ends now was issued: Redis's clock may have been set back.
local function endsAt()
  return math.max(micros(), lastIssued())
end

local function isOver()
  return isMarked(revoked, device) or (family ~= '' and isMarked(voided, family))
end
