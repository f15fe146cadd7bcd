-- uses: access
-- Whether a user is in a room and since when that has been so, as far as that is remembered.
if not openLog() then
  return 'noRoom'
end
if not mayRead(user, trusted) then
  return 'notJoined'
end
-- Who is in a transient room is nobody else's business.
if trusted ~= '1' and subject ~= user and redis.call('HGET', meta, 'kind') == 'transient' then
  return { 0, false }
end
return { isOccupant(subject) and 1 or 0, redis.call('HGET', seen, subject) or redis.call('ZSCORE', left, subject) }
