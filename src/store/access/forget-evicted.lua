-- Forgets users who were told that they have lost a room: each only if it has not lost it once more meanwhile.
-- Rest arguments: user, number of the event that took it out; two for each.
for at = rest, #ARGV, 2 do
  local noted = redis.call('HGET', evictedUsers, ARGV[at])
  if noted and string.match(noted, '^%S+ %S+ (%d+) ') == ARGV[at + 1] then
    redis.call('HDEL', evictedUsers, ARGV[at])
  end
end
