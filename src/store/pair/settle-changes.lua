-- uses: direct/due
-- Changes of messages of a pair were told to both: they are due no more. Gives the next ones that are, the oldest first, and whether
-- something that is gone is still in the stream (authored/rewrite-history.lua). One step, so that whoever asks sees either that all is
-- told or what is not. Rest arguments: the numbers of what was told.
if not openLog(now) then
  return 'noPair'
end
for at = rest, #ARGV do
  redis.call('HDEL', changesDue, ARGV[at])
end
if isDue() and redis.call('EXISTS', changesDue) == 0 then
  toldUpTo = change
  saveChanges()
end
return { log.life, redis.call('HEXISTS', meta, 'dirty'), dueFrom(user, peer, tonumber(limit), tonumber(bytesMax)) }
