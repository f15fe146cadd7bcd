-- Forgets the will of a socket. Of one that is `sentAway` ('1'), as its node ends, it is kept for who does not come back.
local will = sentAway == '1' and redis.call('HGET', wills, socket)
if will then
  redis.call('HSET', wills, socket, '\1' .. string.sub(will, 2))
else
  redis.call('HDEL', wills, socket)
end
