#!lua
-- enrol: makes a host a member of the fleet and binds its name to the machine that beats under it.
-- keys:    meta
-- args:    host fleet operator reason machine(empty: the one that beats now, or the first that will)
-- replies: ok <machine or -> | again <machine> | other_machine <bound> | version <contract> | other_fleet <fleet>
-- events:
-- include: fleet
local host = ARGV[1]
local meta = redis.call('HMGET', KEYS[1], 'v', 'fleet')
if meta[1] and meta[1] ~= '1' then return { 'version', meta[1] } end
if meta[2] and meta[2] ~= ARGV[2] then return { 'other_fleet', meta[2] } end
local was, _, machine = string.match(redis.call('HGET', key('hosts'), host) or '', '^(%S+) (%S+) (%S+) ')
if ARGV[5] ~= '' then
  if was == 'enrolled' and machine ~= '-' and machine ~= ARGV[5] then return { 'other_machine', machine } end
  machine = ARGV[5]
end
if was == 'enrolled' then return { 'again', machine } end
machine = machine or '-'
redis.call('HSETNX', KEYS[1], 'v', '1')
redis.call('HSETNX', KEYS[1], 'fleet', ARGV[2])
redis.call('HSET', key('hosts'), host, 'enrolled ' .. int(NOW) .. ' ' .. machine .. ' ' .. ARGV[3] .. ' ' .. ARGV[4])
audit({ kind = 'enrol', operator = ARGV[3], reason = ARGV[4], host = host, from = was or '', to = 'enrolled',
  detail = machine })
return { 'ok', machine }
