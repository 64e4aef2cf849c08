#!lua flags=no-writes
-- pending: what is dispatched to a host and not accepted yet. The truth behind the bell.
-- keys:    meta
-- args:    host
-- replies: ok [<rollout> <op> <attempt>]...
-- events:
-- include: fleet
local reply = { 'ok' }
for _, field in ipairs(redis.call('HKEYS', key('pending:' .. ARGV[1]))) do
  local id, op, attempt = string.match(field, '^(%x+)/(%a+)/(%d+)$')
  if id then
    reply[#reply + 1] = id
    reply[#reply + 1] = op
    reply[#reply + 1] = attempt
  end
end
return reply
