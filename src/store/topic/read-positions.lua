-- Where logs stand: of each the beginning of its position, nil where there is none.
local found = {}
for at = restKeys, #KEYS do
  local packed = redis.call('HGET', KEYS[at], 'log')
  found[#found + 1] = packed and string.sub(packed, 1, 48)
end
return found
