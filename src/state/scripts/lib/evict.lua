-- Taking users out who lost the room. The event names all sockets taken out and the user; its frame tells the others.
-- Wants lib/members.lua, lib/userlist.lua, lib/access.lua and the argument `leftHead`: a `roomUserLeft` up to the name.
local evicted = {}

local function evict(user)
  local list = redis.call('HGET', members, user)
  if not list then
    return
  end
  for socket, node in string.gmatch(list, '(%S+)@(%S+)') do
    redis.call('HDEL', perNode .. node, socket)
    forgetIfEmpty(node)
  end
  dropMember(user)
  local frame = ''
  if tellsUsers() then
    if isBatched() then
      noteChange(user, '0')
    else
      frame = leftHead .. str(user)
    end
  end
  announce(EVICTED, list .. '\n' .. user, frame)
  evicted[#evicted + 1] = user
  evicted[#evicted + 1] = list
end

local function evictUnlessAdmitted(user)
  if redis.call('HEXISTS', members, user) == 1 and not admitted(user) then
    evict(user)
  end
end
