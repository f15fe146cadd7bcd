-- Where logs stand: of each the beginning of its position, nil where there is none, '' where it cannot be read.
local found = {}
for at = restKeys, #KEYS do
  local packed = redis.pcall('HGET', KEYS[at], 'log')
  found[#found + 1] = type(packed) == 'table' and '' or packed and string.sub(packed, 1, 48)
end
return found
