-- How long a topic that is about to be forgotten has left. Wants the key `meta`, and is asked once in a script. `stay` keeps a user,
-- for what is left behind in it, and with it the inbox, whatever that has by then: of the key `history`.
local left

-- In ms; negative where it stays.
local function leftMs()
  left = left or redis.call('PTTL', meta)
  return left
end

local function stay()
  redis.call('PERSIST', meta)
  redis.call('PERSIST', history)
  left = -1
end

-- The same where something of a user is written into `key`; of an `anonymous` one ('1'), whose name nobody comes back to, it goes with the user.
local function stayWith(key, anonymous)
  if anonymous ~= '1' then
    stay()
  elseif leftMs() > 0 then
    redis.call('PEXPIRE', key, leftMs())
  end
end
