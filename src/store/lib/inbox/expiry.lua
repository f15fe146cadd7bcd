-- How long a topic that is about to be forgotten has left. Wants the key `meta`, and is asked once in a script.
local left

-- In ms; negative where it stays.
local function leftMs()
  left = left or redis.call('PTTL', meta)
  return left
end

local function stay()
  redis.call('PERSIST', meta)
  left = -1
end
