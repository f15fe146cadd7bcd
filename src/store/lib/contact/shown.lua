-- What a new contact was shown of this user, with its profile. Wants lib/contact/presence.lua before it, and the key `contacts`.

-- To be called once it is among the contacts: whether it was told otherwise than it is, so that this has to be told.
local function isShownWrong(shown)
  local actual = seen()
  if actual ~= shown then
    -- Whoever is telling contacts now may be past this one.
    redis.call('HSET', meta, 'told', '!')
    return 1
  end
  -- Before the first one there was nobody to be told.
  if redis.call('ZCARD', contacts) == 1 then
    redis.call('HSET', meta, 'told', actual)
  end
  return 0
end
