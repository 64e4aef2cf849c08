#!lua
-- hand: the lease of a deployment by hand: all its services or none; asked again, it is prolonged. It is a courtesy: the host
--       goes on without it. publish gives it back, or the timer `hand` when nothing is heard for unknown_ms.
-- keys:    meta
-- args:    id host machine_id fleet operator reason services(joined by +)
-- replies: ok <lasts_ms> | held <service> <holder> <operator> <since_ms> <server_ms> <reason> | hold <until_ms> |
--          closed <state> | version <contract> | other_fleet <fleet> | other_machine <bound machine_id>
-- events:
-- include: fleet glass
local no = stranger()
if no then return no end
-- A call that was late must not take what was given back.
if redis.call('EXISTS', rollout_key(ID)) == 1 then return { 'closed', 'published' } end
local is_new, services = false, {}
for service in string.gmatch(ARGV[7], '[^+]+') do
  local lease = redis.call('HMGET', key('lease:' .. service), 'rollout', 'operator', 'since_ms', 'reason')
  if lease[1] and lease[1] ~= NAME then
    return { 'held', service, lease[1], lease[2] or '', lease[3] or '', int(NOW), lease[4] or '' }
  end
  is_new = is_new or not lease[1]
  services[#services + 1] = service
end
local hold = redis.call('HGET', KEYS[1], 'hold_until')
if is_new and hold and tonumber(hold) > NOW then return { 'hold', hold } end
local lasts = setting('unknown_ms')
for _, service in ipairs(services) do
  local lease = key('lease:' .. service)
  redis.call('HSETNX', lease, 'since_ms', int(NOW))
  -- 0 is no token: nobody's claim is beaten by it.
  redis.call('HSET', lease, 'rollout', NAME, 'operator', OPERATOR, 'reason', REASON, 'holder:' .. HOST,
    '0 ' .. int(NOW + lasts))
  timer('hand', ID, service, NOW + lasts)
end
if is_new then
  audit({ kind = 'break_glass', operator = OPERATOR, reason = REASON, rollout = NAME, host = HOST, service = ARGV[7],
    to = 'begun' })
end
return { 'ok', int(lasts) }
