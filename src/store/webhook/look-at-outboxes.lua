-- uses: format
-- Whether something is left to be sent, of each of some rooms: 1 or 0. Each has three keys: `meta`, `webhook`, and the lives of deleted
-- rooms of that name. What was last written before `since` needs no look.
local found = {}
for at = restKeys, #KEYS, 3 do
  local packed = redis.call('HGET', KEYS[at], 'log')
  local life, seq = unpack(redis.call('HMGET', KEYS[at + 1], 'life', 'seq'))
  local isLeft = redis.call('EXISTS', KEYS[at + 2]) == 1
  if not isLeft and packed and #packed >= POSITION_BYTES then
    local _, _, last, _, ts, _, _, _, _, _, _, _, _, rest = struct.unpack(POSITION, packed)
    if life then
      isLeft = struct.unpack(REST, rest) ~= life or tonumber(seq) < last
    else
      isLeft = ts >= tonumber(since)
    end
  elseif not isLeft then
    isLeft = packed or life
  end
  found[#found + 1] = isLeft and 1 or 0
end
return found
