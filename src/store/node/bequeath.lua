-- A node whose lease is lost leaves its topics to those who sweep: the manifest may be lost with the lease, and not what the
-- node had in the topics. Rest arguments: topics.
redis.call('HSET', lease, 'expires', '0', 'claimed', '1')
redis.call('PEXPIRE', lease, keepMs)
for at = rest, #ARGV do
  redis.call('ZADD', manifest, 0, ARGV[at])
end
