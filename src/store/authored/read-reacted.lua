-- uses: clock history messages/reactions
-- A page of what a user has reacted to in a room, and how: of the reactions of all to what is seen there, from behind the one `after` on.
if not openLog(now) then
  return 'noRoom'
end
return reactedFrom(user, after, oldestVisible(), tonumber(lookMax), tonumber(limit))
