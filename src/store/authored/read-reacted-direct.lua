-- uses: direct/pair messages/reactions
-- A page of what a user has reacted to in a conversation, and how, from behind the reaction `after` on: not what an earlier user of its name did.
if not openLog(now) then
  return 'noPair'
end
return reactedFrom(user, after, firstSeenBy(user), tonumber(lookMax), tonumber(limit))
