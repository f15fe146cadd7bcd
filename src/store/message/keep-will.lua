-- Keeps the will of a socket that is there, in the place of the one before. One step, so that none is left of a socket that is gone.
if redis.call('HEXISTS', sockets, socket) == 0 then
  return 'lost'
end
redis.call('HSET', wills, socket, will)
