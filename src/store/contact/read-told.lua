-- uses: clock contact/told
-- A page of the contacts that a node tells what a user is, without those that the user blocks. It keeps the node's claim alive;
-- `lost`: another one tells them. `field` of `meta` says which node it is.
local _, by = mayTell(field, node, '', 0)
if by ~= node then
  return 'lost'
end
keepTelling(field, node)
return toldPage(after, limit)
