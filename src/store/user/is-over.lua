-- uses: auth/revoked
-- Tells whether what somebody shows was revoked, of whom no login is under way (login-user.lua asks itself).
return isOver() and 1 or 0
