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
local wanted = ARGV[5] ~= '' and ARGV[5] or machine or '-'
if was == 'enrolled' and wanted == machine then return { 'again', machine } end
if was == 'enrolled' and machine ~= '-' then return { 'other_machine', machine } end
redis.call('HSETNX', KEYS[1], 'v', '1')
redis.call('HINCRBY', KEYS[1], 'members', 1)
redis.call('HSETNX', KEYS[1], 'fleet', ARGV[2])
redis.call('HSET', key('hosts'), host, 'enrolled ' .. int(NOW) .. ' ' .. wanted .. ' ' .. ARGV[3] .. ' ' .. ARGV[4])
audit({ kind = 'enrol', operator = ARGV[3], reason = ARGV[4], host = host, from = was or '', to = 'enrolled',
  detail = wanted })
return { 'ok', wanted }
