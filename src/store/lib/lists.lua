-- Names that a request puts into a list or takes out of it.

-- The arguments from one on.
local function namesFrom(first)
  local named = {}
  for at = first, #ARGV do
    named[#named + 1] = ARGV[at]
  end
  return named
end

-- How many names a list would gain.
local function newIn(key, named)
  local new, counted = 0, {}
  for _, name in ipairs(named) do
    if not counted[name] and redis.call('SISMEMBER', key, name) == 0 then
      new = new + 1
    end
    counted[name] = true
  end
  return new
end
