-- uses: conversation/rooms conversation/belonging
-- A glance at rooms that a user belongs to by what its own slot says, to find out which of them its list has, and in which order: when
-- each was active last, and its kind; its attributes too where they are asked for (`whole` '1'). `gone`: it is no more, or another one
-- of that name is there to which the user does not belong. `out`: it is not in the list now, or not all of `members` belong to it.
-- Each room has two keys, its `meta` and what its keys begin with. Rest arguments: for each the life by which it is known; then
-- the names of `members`.
local function glance(life, firstName)
  if not openLog() then
    return 'gone'
  end
  if log.life ~= life and not isMember(user) then
    return 'gone'
  end
  if not isListed(user) then
    return 'out'
  end
  for at = firstName, #ARGV do
    if not isMember(ARGV[at]) then
      return 'out'
    end
  end
  return { activeAt(), conductOf().kind, whole == '1' and redis.call('HGET', meta, 'attributes') or false }
end

local found, count = {}, (#KEYS - restKeys + 1) / 2
for i = 0, count - 1 do
  enterWithLists(KEYS[restKeys + 2 * i], KEYS[restKeys + 2 * i + 1])
  found[i + 1] = glance(ARGV[rest + i], rest + count)
end
return found
