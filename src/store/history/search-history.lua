-- uses: clock access messages/search
-- What a search of a room's messages looks at next; the right to read is checked in the same step as the reading.
if not openLog(now) then
  return 'noRoom'
end
if not mayRead(user, trusted) then
  return 'notJoined'
end
return searchedFrom(oldestVisible()) or 'otherLog'
