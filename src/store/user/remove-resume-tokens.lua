-- Voids the resume tokens of one family: a login of it was ended on purpose. One step, so that none is issued meanwhile;
-- a login that is under way by one of them is refused (login-user.lua).
-- `device` is how the record of a token of the same device began before devices were families; '' for none.
local all = redis.call('HGETALL', resume)
for at = 1, #all, 2 do
  local name, begins = string.match(all[at + 1], '^%d+ (%S+) ()')
  if name == family or (device ~= '' and string.sub(all[at + 1], begins or 1, (begins or 1) + #device - 1) == device) then
    redis.call('HDEL', resume, all[at])
  end
end
