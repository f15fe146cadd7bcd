-- uses: log
-- The rooms in a user's session, with the place of this reading among the notices of it.
if not openLog() then
  return 'gone'
end
return { position(), redis.call('HGETALL', session) }
