-- uses: lists inbox/expiry
-- Changes fields of a user's profile. One step, so that what two devices set at the same time is within the limit together.
-- Rest arguments: the name of a field, its value in MessagePack, '' for one that goes; two for each. Bytes are those of all fields
-- as one map: each name has a head of one to three bytes, and so has the map.
if redis.call('EXISTS', meta) == 0 then
  return 'gone'
end
local changes, fields, bytes = namesFrom(rest), {}, 3
local all = redis.call('HGETALL', profile)
for at = 1, #all, 2 do
  fields[all[at]] = all[at + 1]
end
for at = 1, #changes, 2 do
  fields[changes[at]] = changes[at + 1]
end
for name, value in pairs(fields) do
  if value ~= '' then
    bytes = bytes + #value + #name + (#name < 32 and 1 or #name < 256 and 2 or 3)
  end
end
if bytes > tonumber(bytesMax) then
  return 'quotaExceeded'
end
for at = 1, #changes, 2 do
  if changes[at + 1] == '' then
    redis.call('HDEL', profile, changes[at])
  else
    redis.call('HSET', profile, changes[at], changes[at + 1])
  end
end
-- Kept with what is kept in it, should it be about to be forgotten.
stayWith(profile, anonymous)
