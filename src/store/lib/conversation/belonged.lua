-- Rooms that a user belonged to of late, so that what is told of them late undoes nothing: `belonged`, room → point, for an hour, of a
-- bounded number. A point is `life time seq` of the last change, with ` ?` behind it where the room was found gone and nobody was told.
local BELONGED_MAX = 1000
local BELONGED_MS = 3600000

local function noteBelonged(roomName, point)
  if redis.call('HLEN', belonged) >= BELONGED_MAX then
    redis.call('UNLINK', belonged)
  end
  redis.call('HSET', belonged, roomName, point)
  redis.call('PEXPIRE', belonged, BELONGED_MS)
end
