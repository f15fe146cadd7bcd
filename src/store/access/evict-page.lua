-- uses: clock evict
-- Goes through a node's sockets in a room, a page at a time, and takes out their users, on whatever nodes, whom a
-- staged eviction (set-mode.lua) takes the room from. The node itself asks, having delivered everything up to the
-- event of that and nothing after it. It goes through them again until nobody is found: not every store's scan keeps its
-- place while what it has found is taken out. After the last page of a round that has taken out nobody (`clean` '1': none
-- before this page has) the node is done.
if not openLog(now) then
  return 'noRoom'
end
local scanned = redis.call('HSCAN', perNode .. node, cursor, 'COUNT', pageMax)
local kept = {}
for at = 1, #scanned[2], 2 do
  local socket, user = scanned[2][at], scanned[2][at + 1]
  if log.evicting == 0 or admitted(user) then
    kept[#kept + 1] = socket
  else
    evict(user)
  end
end
forgetIfEmpty(node)
if scanned[1] == '0' and clean == '1' and #evicted == 0 then
  finishEvictionOn(node)
end
tellEvictions()
saveLog()
return { scanned[1], evicted, kept, changesPending, log.life, position() }
