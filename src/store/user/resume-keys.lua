-- uses: clock
-- Gives the keys that resume tokens are signed with, newest first, each as `made id secret`. Makes one of what is `offered`
-- (`id secret`) where there is none, or the newest is older than `periodMs`. Two are kept, so that what the older one has
-- signed stays good for its whole time. Where nobody asks for them any longer than that, they go.
local newest, older = unpack(redis.call('HMGET', resumeKeys, 'newest', 'older'))
local made = newest and tonumber(string.match(newest, '^%d+'))
if not made or now - made > tonumber(periodMs) then
  newest, older = string.format('%.0f', now) .. ' ' .. offered, newest
  redis.call('HSET', resumeKeys, 'newest', newest, 'older', older or '')
  redis.call('PEXPIRE', resumeKeys, 3 * tonumber(periodMs))
end
return { newest, older and older ~= '' and older or nil }
