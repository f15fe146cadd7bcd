-- uses: clock access conduct
-- Tells who is in a room what a user that is in it shows: in passing, for what it is can be asked for. In a transient room nobody is told
-- who is there.
if not openLog(now) or not isOccupant(user) or conductOf().kind == 1 then
  return 0
end
publish('\n\n\n\n' .. stamp, frame)
return 1
