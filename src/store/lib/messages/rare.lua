-- uses: messages/map age/ages
-- What few posts are judged by: what a message replies to, and whether a user may be in the room. One function makes
-- the others, when they are wanted: other posts pay for nothing of it. Wants lib/clock.lua and lib/room/keys.lua.
local function rareRules()
  local call = redis.call

  -- Whether the message that a post replies to can be read, as readers see it (lib/history.lua). `notes` are those of a reply, `id` is
  -- the last of the room's, `at` the time of the post.
  local function hasParent(notes, id, max, at, maxAgeMs)
    local parent = struct.unpack('>d', notes, 2)
    if parent < 1 or parent > id or parent <= id - max then
      return false
    end
    local number = string.format('%.0f', parent)
    local event = call('ZRANGEBYSCORE', room .. 'latest', number, number)[1]
    if event then
      local maps = messageMaps()
      event = not maps.isRecalled(maps.open(event)) and event
    else
      local entry = call('XRANGE', history, number, number, 'COUNT', 1)[1]
      event = entry and entry[2][2]
    end
    local age = event and agesOf().maxAge(maxAgeMs)
    return event and (age == 0 or select(4, struct.unpack(HEADER, event)) >= at - age)
  end

  -- A reply is posted: what it replies to has one more, which is told later (change/change-messages.lua). The post is there whatever
  -- becomes of this.
  local function noteReply(notes)
    redis.pcall('HINCRBY', room .. 'changed:due', string.format('r:%.0f', (struct.unpack('>d', notes, 2))), '1')
  end

  -- May this user be in the room, as lib/access.lua has it of keys that are named.
  local function isAdmitted(user)
    local owner, isPrivate = unpack(call('HMGET', meta, 'owner', 'whitelistOnly'))
    if owner == user or call('SISMEMBER', room .. 'adminlist', user) == 1 then
      return true
    end
    if call('SISMEMBER', room .. 'blacklist', user) == 1 then
      local ends = call('ZSCORE', room .. 'bans', user)
      if not ends or tonumber(ends) > now then
        return false
      end
    end
    return isPrivate ~= '1' or call('SISMEMBER', room .. 'whitelist', user) == 1
      or call('ZSCORE', room .. 'roster', user) ~= false
  end

  return { hasParent = hasParent, noteReply = noteReply, isAdmitted = isAdmitted }
end
