-- Whether a user may be made a member of a room: it is there, and does not belong to as many as one may. `told` where it knows that it is one.
if redis.call('EXISTS', meta) == 0 then
  return 'noUser'
end
if redis.call('HEXISTS', belongs, roomName) == 1 then
  return 'told'
end
if redis.call('HLEN', belongs) >= tonumber(most) then
  return 'tooManyRooms'
end
