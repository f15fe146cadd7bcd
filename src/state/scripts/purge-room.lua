-- Takes out those of a node's sockets in a restricted room whose users are not admitted any more, a page at a time. The
-- node itself asks, having delivered everything up to the restriction and nothing after it; so no event tells of it.
-- Replies: 'noRoom' | 'open' (not restricted) | {next cursor, {socket, user, '1' if its user has none left …},
-- whether changes wait, life}.
if not openLog(now) then
  return 'noRoom'
end
if log.restricted == 0 then
  return 'open'
end
local scanned = redis.call('HSCAN', perNode .. node, cursor, 'COUNT', pageMax)
local taken, told = {}, tellsUsers()
for at = 1, #scanned[2], 2 do
  local socket, user = scanned[2][at], scanned[2][at + 1]
  if not admitted(user) then
    local _, _, last = removeMember(user, socket, node)
    taken[#taken + 1] = socket
    taken[#taken + 1] = user
    taken[#taken + 1] = last and '1' or '0'
    if last and told then
      noteChange(user, '0')
    end
  end
end
forgetIfEmpty(node)
return { scanned[1], taken, changesPending, log.life }
