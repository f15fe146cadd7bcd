-- uses: clock
-- What the operator may know of a room besides what its readers may, in one step.
if redis.call('EXISTS', meta) == 0 then
  return 'noRoom'
end
local found = {}
for _, node in ipairs(redis.call('SMEMBERS', nodes)) do
  found[#found + 1] = node
  found[#found + 1] = redis.call('HLEN', perNode .. node)
end
return {
  redis.call('SCARD', adminlist), redis.call('SCARD', whitelist),
  redis.call('SCARD', blacklist) - redis.call('ZCOUNT', bans, '-inf', string.format('%.0f', now)), found,
}
