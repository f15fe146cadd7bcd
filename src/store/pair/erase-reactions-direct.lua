-- uses: direct/pair messages/reactions
-- Takes out reactions of a user to messages of a pair, a page of at most `pageMax` from behind the one `after` on: one step of many, and each
-- may be done again. Gives the last one that it looked at, nothing at the end.
if not openLog(now) then
  return 'noPair'
end
return eraseReactions(messageMaps(), user, after, tonumber(pageMax), function() end)
