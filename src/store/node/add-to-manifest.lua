-- Writes topics into a node's manifest before its first socket appears in them: what a sweeper will have to clean.
-- Rest arguments: topics.
if redis.call('HGET', lease, 'claimed') ~= '0' then
  return 'lost'
end
for at = rest, #ARGV do
  redis.call('ZADD', manifest, 0, ARGV[at])
end
