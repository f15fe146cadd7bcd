-- Adds names to one of a user's own lists or takes them out. One step, so that the limit holds whoever else adds.
-- Rest arguments: the names, at least one. Replies: 'gone' | 'listLimitExceeded' | 'ok'.
if redis.call('EXISTS', meta) == 0 then
  return 'gone'
end
local named, counted, new = {}, {}, 0
for at = rest, #ARGV do
  local name = ARGV[at]
  named[#named + 1] = name
  if not counted[name] and redis.call('SISMEMBER', list, name) == 0 then
    new = new + 1
  end
  counted[name] = true
end
if adding ~= '1' then
  redis.call('SREM', list, unpack(named))
  return 'ok'
end
if redis.call('SCARD', list) + new > tonumber(limit) then
  return 'listLimitExceeded'
end
redis.call('SADD', list, unpack(named))
return 'ok'
