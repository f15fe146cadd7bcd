-- uses: room/keys
-- The same keys of a room with those of its lists, for a script that goes through several rooms and asks for rights in each.
local adminlist, whitelist, blacklist, roster, bans

local function enterWithLists(metaKey, beginning)
  enterRoom(metaKey, beginning)
  adminlist, whitelist, blacklist = room .. 'adminlist', room .. 'whitelist', room .. 'blacklist'
  roster, bans = room .. 'roster', room .. 'bans'
end
