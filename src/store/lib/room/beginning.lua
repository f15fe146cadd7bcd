-- What the keys of a room begin with, for libraries that work on rooms by it (lib/room/keys.lua), in a script whose keys are named. Wants
-- the key `beginning`, which is none itself.
local room = beginning
