-- Takes rooms out of those that a user belongs to, which are gone, each only if it is still the one of that life.
-- Rest arguments: room, life; two for each.
for at = rest, #ARGV, 2 do
  local noted = redis.call('HGET', belongs, ARGV[at])
  if noted and string.match(noted, '^%S+') == ARGV[at + 1] then
    redis.call('HDEL', belongs, ARGV[at])
  end
end
