-- The rooms filed in a user's session, with the place of this reading among the notices of it.
-- Replies: 'gone' | {position, {room, filing (lib/session.lua) …}}.
if not openLog() then
  return 'gone'
end
return { position(), redis.call('HGETALL', session) }
