-- uses: clock auth/revoked
-- Voids the resume tokens of one family that were issued up to now: a login of it was ended on purpose. One step with a mark
-- for login-user.lua, so that a login under way by one of them is refused. `issuedAt` is when that login's own was issued:
-- that one is over, and all until the user's last one, whatever became of the clock. A mark is of use for as long as a token is good, `keptMs`.
-- Where there are more marks than `MOST` the older half becomes one for all of the user's resume tokens of that time: who
-- still has one of those shows other credentials.
local MOST = 100
local at = math.max(endsAt(), tonumber(issuedAt))

local function int(n)
  return string.format('%.0f', n)
end

redis.call('HSET', voided, family, int(at))
if redis.call('HLEN', voided) > MOST then
  local all, marks = redis.call('HGETALL', voided), {}
  for i = 1, #all, 2 do
    if all[i] ~= '*' then
      marks[#marks + 1] = { all[i], tonumber(all[i + 1]) }
    end
  end
  table.sort(marks, function(a, b)
    return a[2] < b[2]
  end)
  local upTo = 0
  for i = 1, MOST / 2 do
    redis.call('HDEL', voided, marks[i][1])
    upTo = marks[i][2]
  end
  redis.call('HSET', voided, '*', int(math.max(upTo, tonumber(redis.call('HGET', voided, '*') or 0))))
end
redis.call('PEXPIRE', voided, keptMs)
