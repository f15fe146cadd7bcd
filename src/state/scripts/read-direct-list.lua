-- A page of one of a user's own lists. One step, so that no list is empty only because its user is gone.
-- Replies: 'gone' | {names in the list, {names}, next cursor or '' at the end, life}.
if not openLog() then
  return 'gone'
end
return pageOfSet(list, cursor, tonumber(limit))
