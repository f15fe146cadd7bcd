-- uses: pages
-- A page of a user's contacts, in the order of their names, with some of those of whom something is under way: not all, for each
-- of them is finished before the page is read again.
local DUE = 100
if not openLog() then
  return 'gone'
end
local page, due = pageOfNames(contacts, after, tonumber(limit)), {}
if redis.call('HLEN', contactsDue) > 0 then
  local found = redis.call('HSCAN', contactsDue, '0', 'COUNT', DUE)[2]
  for at = 1, math.min(#found, 2 * DUE), 2 do
    due[#due + 1] = found[at]
  end
end
page[5] = due
return page
