-- What went wrong with one of several things as the reply to that one: what Redis says begins with a word of its own, what Lua says
-- with a place in the script. What the server would say of everything ends the call, for the client has to hear it; `save` keeps
-- what is done until then.
local function failed(said, save)
  said = type(said) == 'table' and said.err or said
  local word = string.match(said, '^(%u+) ')
  if word and word ~= 'OOM' and word ~= 'WRONGTYPE' and word ~= 'ERR' then
    pcall(save)
    error({ err = said })
  end
  return { err = word and said or 'ERR ' .. said }
end
