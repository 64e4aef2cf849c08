#!lua
-- submit: takes an order, gives its services to it and dispatches the first wave. Submitting the same id again is a no-op.
-- keys:    meta
-- args:    id order signature fleet operator reason op source branch commit begin_before until created sizes soak_s
--          pause_after max_failures on_failure failed_host targets staged(hosts that stage has laid ready, to stand before
--          these), then per host: host services(joined by +)
-- replies: ok | again | conflict | incomplete | version <contract> | other_fleet <fleet> | expired <server_ms> |
--          not_enrolled <host> | drained <host> <operator> <reason> | down <host> <beat_ms> <server_ms> |
--          busy <service> <id> <operator> <since_ms> <server_ms> <reason> | hold <until_ms> <server_ms> <cause>
-- events:  rollout running, job dispatched
-- include: fleet hold states rollout dispatch order
local FIRST_HOST, FIRST_DISPATCHES = 22, 10
local id, order = ARGV[1], ARGV[2]
local known = redis.call('HGET', rollout_key(id), 'order')
if known then return { known == order and 'again' or 'conflict' } end
local no = contract_refusal(ARGV[4])
if no then return no end
if NOW > tonumber(ARGV[11]) then return { 'expired', int(NOW) } end

-- Another type under this name ends the call here, before anything is written.
redis.call('ZCARD', key('rollouts'))
local staged, list = tonumber(ARGV[21]), {}
if staged > 0 then
  local found = redis.call('HMGET', key('staged:' .. id), unpack(STAGED))
  -- Gone meanwhile, or somebody was enrolled, drained or retired since.
  if tonumber(found[1] or '') ~= staged or found[3] ~= members() then return { 'incomplete' } end
  for service in string.gmatch(found[2], '[^+]+') do list[#list + 1] = service end
end
no = host_refusal(FIRST_HOST, list)
if no then return no end
for _, service in ipairs(list) do
  local lease = redis.call('HMGET', key('lease:' .. service), 'rollout', 'operator', 'since_ms', 'reason')
  if lease[1] then return { 'busy', service, lease[1], lease[2], lease[3], int(NOW), lease[4] } end
end
local ends, cause = hold()
if ends then return { 'hold', int(ends), int(NOW), cause } end

local jobs = staged + (#ARGV - FIRST_HOST + 1) / 2
redis.call('HSET', rollout_key(id), 'v', '1', 'order', order, 'signature', ARGV[3], 'state', 'queued', 'operator', ARGV[5],
  'reason', ARGV[6], 'op', ARGV[7], 'source', ARGV[8], 'branch', ARGV[9], 'commit', ARGV[10], 'begin_before', ARGV[11],
  'until', ARGV[12], 'created', ARGV[13], 'sizes', ARGV[14], 'soak_s', ARGV[15], 'pause_after', ARGV[16],
  'max_failures', ARGV[17], 'on_failure', ARGV[18], 'failed_host', ARGV[19], 'targets', ARGV[20],
  'services', table.concat(list, '+'), 'jobs', int(jobs), 'next', '1', 'wave', '0', 'wave_left', '0', 'open', '0',
  'good_hosts', '0', 'failed_hosts', '0', 'submitted_ms', int(NOW), 'submitted_at', stamp(NOW))
-- What an order left behind whose own hash was lost must not mix with this one.
redis.call('DEL', targets_key(id))
if staged > 0 then
  redis.call('RENAME', key('staged:' .. id), targets_key(id))
  redis.call('PERSIST', targets_key(id))
  redis.call('HDEL', targets_key(id), unpack(STAGED))
end
write_hosts(targets_key(id), FIRST_HOST, staged + 1)
redis.call('ZADD', key('rollouts'), int(NOW), id)
for _, service in ipairs(list) do
  redis.call('HSET', key('lease:' .. service), 'rollout', id, 'operator', ARGV[5], 'reason', ARGV[6], 'since_ms', int(NOW))
end
timer('until', id, '', tonumber(ARGV[12]))
audit({ kind = 'submit', operator = ARGV[5], reason = ARGV[6], rollout = id, to = 'queued',
  detail = ARGV[7] .. ' ' .. ARGV[10] .. ' of ' .. ARGV[8] .. ' to ' .. int(jobs) .. ' hosts' })
event(id, 'rollout', '', '', '', 'queued', '', '')
move_rollout(id, 'begin', '')
-- Taking a large order is a call's work already: its first dispatches fall due as a timer.
begin_wave(id, staged > 0 and 0 or FIRST_DISPATCHES)
return { 'ok' }
