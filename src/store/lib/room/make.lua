-- uses: log
-- Making a room that is not there: its log, and what `meta` says of it. Wants the keys `meta`, `roster`, `bans`, `silenced`, `paced`,
-- `muted`, the argument `nonce`, lib/clock.lua.
-- `room` has what RoomOptions has; `granted` is what was reserved of the owner's quota (lib/grant.lua), packed, '' for none,
-- `attributes` the bytes of its attributes, '' for none.
local function makeRoom(room)
  newLog(room.epoch, now, room.historyMax)
  -- Nothing of an earlier room of that name: nodes of the version before delete rooms, too, and do not know of these.
  redis.call('UNLINK', roster, bans, silenced, paced, muted)
  redis.call('HSET', meta, 'owner', room.owner, 'whitelistOnly', room.whitelistOnly, 'userlistUpdates', room.userlistUpdates,
    'accessListsUpdates', room.accessListsUpdates)
  if room.granted ~= '' then
    redis.call('HSET', meta, 'granted', room.granted)
  end
  if room.attributes ~= '' then
    redis.call('HSET', meta, 'attributes', room.attributes, 'attributesVersion', '1')
  end
end
