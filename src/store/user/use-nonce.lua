-- uses: clock auth/once
-- Uses up what a user was given to do something once that is done on another slot: before that, so that it is not done twice.
if not noteOnce(onceOnly, onceUntil) then
  return 'used'
end
