-- uses: conversation/belonged
-- Forgets memberships of an earlier user of a name, who is off these rosters: only as they were, for another one may have been noted since.
-- That each ended is known for a while: who was to be told that it began, and is late, tells a later user of the name nothing.
-- Rest arguments: room, membership; two for each.
for at = rest, #ARGV, 2 do
  if redis.call('HGET', belongsFormer, ARGV[at]) == ARGV[at + 1] then
    redis.call('HDEL', belongsFormer, ARGV[at])
    noteBelonged(ARGV[at], ARGV[at + 1])
  end
end
