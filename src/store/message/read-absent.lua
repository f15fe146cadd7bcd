-- uses: access messages/latest
-- A message as it is stored, with the members of its room who may read it, its author (`author`) aside: of at most `limit`, by name, and
-- those of them who want no push. Nothing of it where there are none, or it is gone already: a room without members pays for one look.
if not openLog() then
  return 'noRoom'
end
local names = redis.call('ZRANGE', roster, '0', int(limit - 1))
local entry = #names > 0 and entriesBetween(tonumber(id), tonumber(id), 1)[1]
if not entry then
  return { false, {}, {} }
end
local readers, silent = {}, {}
for _, name in ipairs(names) do
  if name ~= author and not isBanned(name) then
    readers[#readers + 1] = name
    if redis.call('SISMEMBER', muted, name) == 1 then
      silent[#silent + 1] = name
    end
  end
end
return { entry[2][2], readers, silent }
