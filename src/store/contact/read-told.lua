-- uses: clock
-- A page of the contacts that a node tells what a user is, without those that the user blocks. It keeps the node's claim alive;
-- `lost`: another one tells them.
local by = string.match(redis.call('HGET', meta, 'teller') or '', '^(%S+) ')
if by ~= node then
  return 'lost'
end
redis.call('HSET', meta, 'teller', node .. ' ' .. string.format('%.0f', now))
local page = redis.call('ZRANGEBYLEX', contacts, after == '' and '-' or ('(' .. after), '+', 'LIMIT', 0, limit)
local names, blocks = {}, redis.call('EXISTS', blacklist) == 1
for _, name in ipairs(page) do
  if not (blocks and redis.call('SISMEMBER', blacklist, name) == 1) then
    names[#names + 1] = name
  end
end
return { names, #page == tonumber(limit) and page[#page] or false }
