-- uses: clock access conduct
-- Sets how long each user waits between two posts, 0 for not at all, and tells the room. Who has posted within the time of before is
-- known; a longer one counts from the next post of whom it has let go.
if not openLog(now) then
  return 'noRoom'
end
if trusted ~= '1' and not isOwnerOrAdmin(user) then
  return 'notAllowed'
end
local c = conductOf()
c.slowMs = tonumber(ms)
saveConduct(c)
if c.slowMs == 0 then
  redis.call('UNLINK', paced)
end
announce(NOTICE, '', frame)
saveLog()
return log.seq
