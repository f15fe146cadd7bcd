-- Tries every command that scripts use, on a key and a channel that nobody else has, and tells which of them are not allowed: what a
-- script may not call would be found out in the middle of it. One step, so that what it writes is never seen. The names come as
-- values, so that it runs on each server of a Cluster, where most calls are refused for the slot, which is after the permission.
-- Replies: list of what is refused, as `NAME`, `keys` or `channels`.
local tries = {
  {'EXISTS', key}, {'HEXISTS', key, 'f'}, {'HGET', key, 'f'}, {'HGETALL', key}, {'HKEYS', key}, {'HLEN', key},
  {'HMGET', key, 'f'}, {'HSCAN', key, '0'}, {'HVALS', key}, {'SCARD', key}, {'SISMEMBER', key, 'm'}, {'SMEMBERS', key},
  {'PTTL', key}, {'SSCAN', key, '0'}, {'ZCARD', key}, {'ZRANGE', key, '0', '0'}, {'ZSCAN', key, '0'}, {'ZSCORE', key, 'm'},
  {'ZRANGEBYLEX', key, '-', '+'}, {'ZRANGEBYSCORE', key, '0', '0'}, {'ZREVRANGEBYSCORE', key, '0', '0'}, {'ZCOUNT', key, '0', '0'},
  {'XDEL', key, '1'}, {'XRANGE', key, '-', '+'}, {'XREVRANGE', key, '+', '-'}, {'TIME'},
  {'HDEL', key, 'f'}, {'SREM', key, 'm'}, {'ZREM', key, 'm'}, {'ZREMRANGEBYRANK', key, '1', '0'},
  {'ZREMRANGEBYSCORE', key, '(0', '0'}, {'ZUNIONSTORE', key, '1', key}, {'XTRIM', key, 'MAXLEN', '1'}, {'PERSIST', key},
  {'PEXPIRE', key, '1'}, {'PEXPIREAT', key, '1'}, {'RENAME', key, key}, {'SET', key, '', 'XX'},
  {'ZADD', key, 'XX', '1', 'm'}, {'XADD', key, 'NOMKSTREAM', '*', 'f', 'v'}, {'SPUBLISH', channel, ''},
  {'SADD', key, 'm'}, {'UNLINK', key}, {'HSETNX', key, 'f', '1'}, {'HINCRBY', key, 'f', '1'}, {'HSET', key, 'f', 'v'}, {'UNLINK', key},
}
local refused, told = {}, {}
local function refuse(what)
  if not told[what] then
    told[what] = true
    refused[#refused + 1] = what
  end
end
for _, try in ipairs(tries) do
  local reply = redis.pcall(unpack(try))
  local said = type(reply) == 'table' and reply.err or ''
  if string.find(said, "can't run this command", 1, true) then
    refuse(try[1])
  elseif string.find(said, 'of the keys', 1, true) then
    refuse('keys')
  elseif string.find(said, 'channel', 1, true) then
    refuse('channels')
  end
end
return refused
