-- uses: clock
-- Gives the keys that resume tokens are signed with, newest first, each as `made id secret`. Makes one of what is `offered`
-- (`id secret`) where there is none, or the newest is older than `periodMs`. Two are kept, so that what the older one has
-- signed stays good for its whole time. Where nobody asks for them any longer than that, they go.
local kept = redis.call('LRANGE', resumeKeys, 0, 1)
local made = kept[1] and tonumber(string.match(kept[1], '^%d+'))
if not made or now - made > tonumber(periodMs) then
  redis.call('LPUSH', resumeKeys, string.format('%.0f', now) .. ' ' .. offered)
  redis.call('LTRIM', resumeKeys, 0, 1)
  redis.call('PEXPIRE', resumeKeys, 3 * tonumber(periodMs))
  kept = redis.call('LRANGE', resumeKeys, 0, 1)
end
return kept
