-- uses: clock
-- An anonymous member was looked at, as it was due: it is looked at again in `laterMs`, or never where that is ''. One that is not due any
-- more has become a member again meanwhile, or was looked at by another node.
local at = redis.call('ZSCORE', endings, member)
if not at or tonumber(at) > now then
  return
end
if laterMs == '' then
  redis.call('ZREM', endings, member)
else
  redis.call('ZADD', endings, string.format('%.0f', now + tonumber(laterMs)), member)
end
