-- How `conduct`, a field of a room's `meta`, is packed (lib/conduct.lua says what is in it), and the end of a silence that has none.
local CONDUCT, CONDUCT_BYTES = '>BBBBdd', 20
local FOR_GOOD = 9007199254740991
