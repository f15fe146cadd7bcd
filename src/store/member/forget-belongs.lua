-- uses: conversation/belonged
-- Takes rooms out of those that a user belongs to, which are gone, each only if it is still the one of that life. Should whoever has deleted
-- one yet tell of that, the user's devices are still to hear it.
-- Rest arguments: room, life; two for each.
for at = rest, #ARGV, 2 do
  local noted = redis.call('HGET', belongs, ARGV[at])
  if noted and string.match(noted, '^%S+') == ARGV[at + 1] then
    redis.call('HDEL', belongs, ARGV[at])
    noteBelonged(ARGV[at], noted .. ' ?')
  end
end
