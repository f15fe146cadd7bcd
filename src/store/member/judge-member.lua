-- Whether a user may be made a member of one more room: it is there, and does not belong to as many as one may.
if redis.call('EXISTS', meta) == 0 then
  return 'noUser'
end
if redis.call('HLEN', belongs) >= tonumber(most) then
  return 'tooManyRooms'
end
