-- uses: clock log grant
-- Writes what a room was granted of its owner's quota, after grant-owned.lua noted it there. Never less than it has: of two
-- nodes that asked, either may come last. Bytes that were refused are not asked for again for `refusedMs`; 0 where they were
-- granted, '' where this is not about bytes.
-- 'gone': there is no room of that life and owner.
if not openLog() or log.life ~= life or redis.call('HGET', meta, 'owner') ~= owner then
  return 'gone'
end
local oldNames, oldBytes, oldUntil = grantOf()
saveGrant(math.max(tonumber(names), oldNames or 0), math.max(tonumber(bytes), oldBytes or 0),
  refusedMs ~= '' and now + tonumber(refusedMs) or oldUntil or 0)
