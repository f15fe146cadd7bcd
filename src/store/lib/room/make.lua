-- uses: log
-- Making a room that is not there: its log, and what `meta` says of it. Wants the key `meta`, the argument `nonce`, lib/clock.lua.
-- `leftBehind` are the keys of that name in key-names.ts.
-- `room` has what RoomOptions has; `granted` is what was reserved of the owner's quota (lib/grant.lua), packed, '' for none,
-- `attributes` the bytes of its attributes, '' for none.
local function makeRoom(room, leftBehind)
  newLog(room.epoch, now, room.historyMax)
  -- Nothing of an earlier room of that name: nodes of the version before delete rooms, too, and do not know of these.
  redis.call('UNLINK', unpack(leftBehind))
  redis.call('HSET', meta, 'owner', room.owner, 'whitelistOnly', room.whitelistOnly, 'userlistUpdates', room.userlistUpdates,
    'accessListsUpdates', room.accessListsUpdates, 'createdAt', int(now))
  if room.granted ~= '' then
    redis.call('HSET', meta, 'granted', room.granted)
  end
  if room.attributes ~= '' then
    redis.call('HSET', meta, 'attributes', room.attributes, 'attributesVersion', '1')
  end
end
