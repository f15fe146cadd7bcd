-- uses: clock
-- Takes a page of a claimed node's manifest for `holdMs`, so that peers sweep different pages and a sweeper that dies
-- leaves its page to the others. Rooms come before users: a user's last echo follows those of its rooms.
-- Empty while all that is left is in other hands.
if redis.call('ZCARD', manifest) == 0 then
  redis.call('UNLINK', lease)
  return 'done'
end
local heldUntil = string.format('%.0f', now + tonumber(holdMs))
local free = redis.call('ZRANGEBYSCORE', manifest, '-inf', now, 'LIMIT', 0, pageMax)
if #free == 0 then
  -- Held for longer than anybody holds them: the clock was set back.
  free = redis.call('ZRANGEBYSCORE', manifest, '(' .. heldUntil, '+inf', 'LIMIT', 0, pageMax)
end
local page, rooms = {}, false
for _, topic in ipairs(free) do
  rooms = rooms or string.sub(topic, 1, 5) == 'room:'
end
-- Names of one score are in byte order, so a page of users means that no free room is left; rooms in other hands
-- may still be under way, and users wait for them.
if not rooms and #free > 0 then
  for _, topic in ipairs(redis.call('ZRANGEBYSCORE', manifest, '(' .. string.format('%.0f', now), heldUntil, 'LIMIT', 0, 1000)) do
    if string.sub(topic, 1, 5) == 'room:' then
      return page
    end
  end
end
for _, topic in ipairs(free) do
  if not rooms or string.sub(topic, 1, 5) == 'room:' then
    redis.call('ZADD', manifest, heldUntil, topic)
    page[#page + 1] = topic
  end
end
return page
