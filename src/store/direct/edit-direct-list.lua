-- uses: lists inbox/expiry
-- Adds names to one of a user's own lists or takes them out. One step, so that the limit holds whoever else adds.
-- Rest arguments: the names, at least one.
if redis.call('EXISTS', meta) == 0 then
  return 'gone'
end
local named = namesFrom(rest)
if adding ~= '1' then
  redis.call('SREM', list, unpack(named))
  return
end
if redis.call('SCARD', list) + newIn(list, named) > tonumber(limit) then
  return 'listLimitExceeded'
end
redis.call('SADD', list, unpack(named))
-- Kept with what is kept in it, should it be about to be forgotten.
stayWith(list, anonymous)
