-- Notes on the first room of some people up to which number others have come to the rooms that were theirs (chat/conversation/unique.ts).
if redis.call('EXISTS', meta) == 1 and tonumber(redis.call('HGET', meta, 'passed') or 0) < tonumber(number) then
  redis.call('HSET', meta, 'passed', number)
end
