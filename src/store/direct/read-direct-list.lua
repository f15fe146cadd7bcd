-- uses: pages
-- A page of one of a user's own lists. One step, so that no list is empty only because its user is gone.
if not openLog() then
  return 'gone'
end
return pageOfSet(list, cursor, tonumber(limit))
