-- The will of a socket, false where it has none, and whether its user has come back: to another node than that by which the socket was
-- sent away (end-will.lua).
local will = redis.call('HGET', wills, socket)
if not will then
  return { false, 0 }
end
local isBack = 0
if string.byte(will) == 1 then
  local home = redis.call('HGET', sockets, socket)
  for _, node in ipairs(redis.call('HVALS', sockets)) do
    if node ~= home then
      isBack = 1
    end
  end
end
return { string.sub(will, 2), isBack }
