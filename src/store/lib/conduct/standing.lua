-- uses: conduct/format messages/rare
-- What stands against the posts of a user to a room that bounds who posts there, and how often (lib/conduct.lua), or has a staged
-- eviction. One function makes the others, when they are wanted: other rooms pay for nothing of it. Wants lib/clock.lua and
-- lib/room/keys.lua, and of who is asked for that it is an occupant. Times are Redis's, and not the log's: that may be ahead, and nobody
-- waits for longer than the room says. `paced` has who has posted last when, of those who have within the time of slow mode, `PACED_MAX`
-- of them: in a room that so many post to, who did longest ago need not wait.
local PACED_MAX = 100000

-- What was read of `conduct`; `evicting` as in the position of the log.
local function standingIn(writers, hasSilenced, slowMs, endsAt, evicting)
  local call = redis.call
  local lastPosts, posted = {}, {}

  -- 2 the owner, 1 an admin, 0 anybody else.
  local function rankOf(user)
    return call('HGET', meta, 'owner') == user and 2 or call('SISMEMBER', room .. 'adminlist', user)
  end

  -- False for nothing. Notes who has to wait between two posts.
  local function against(user)
    if evicting == 1 and not rareRules().isAdmitted(user) then
      return 'notJoined'
    end
    local rank = rankOf(user)
    if endsAt > 0 and endsAt <= now then
      return 'roomExpired'
    end
    if rank < writers then
      return writers == 2 and 'onlyOwner' or 'onlyAdmins'
    end
    local ends = hasSilenced == 1 and rank < 2 and tonumber(call('ZSCORE', room .. 'silenced', user) or 0) or 0
    if ends > now then
      return { -1, 0, 0, false, false, { 'silenced', ends == FOR_GOOD and -1 or ends } }
    end
    if slowMs > 0 and rank == 0 then
      lastPosts[user] = tonumber(call('ZSCORE', room .. 'paced', user) or 0)
    end
    return false
  end

  -- How long a user has to wait yet, nil where it need not. A post that is later than now was made before the clock was set back.
  local function waitOf(user)
    local before = lastPosts[user]
    if before and before <= now and now < before + slowMs then
      return before + slowMs - now
    end
  end

  local function notePost(user)
    if lastPosts[user] then
      lastPosts[user] = now
      posted[#posted + 1], posted[#posted + 2] = now, user
    end
  end

  local function save()
    if #posted > 0 then
      local paced = room .. 'paced'
      redis.pcall('ZREMRANGEBYSCORE', paced, '-inf', string.format('%.0f', now - slowMs))
      redis.pcall('ZADD', paced, unpack(posted))
      redis.pcall('ZREMRANGEBYRANK', paced, 0, -PACED_MAX - 1)
      redis.pcall('PEXPIRE', paced, string.format('%.0f', slowMs))
    end
  end

  return { against = against, waitOf = waitOf, notePost = notePost, save = save }
end
