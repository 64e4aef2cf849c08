#!lua
-- submit: takes an order, gives its services to it and dispatches the first wave. Submitting the same id again is a no-op.
-- keys:    meta
-- args:    id order signature fleet operator reason op source branch commit begin_before until created sizes soak_s
--          pause_after max_failures on_failure failed_host targets, then per host: host services(joined by +)
-- replies: ok | again | conflict | version <contract> | other_fleet <fleet> | expired <server_ms> | not_enrolled <host> |
--          drained <host> <operator> <reason> | down <host> <beat_ms> <server_ms> |
--          busy <service> <id> <operator> <since_ms> <server_ms> <reason> | hold <until_ms> <server_ms> <cause>
-- events:  rollout running, job dispatched
-- include: fleet hold states rollout dispatch
local FIRST_HOST = 21
local id, order = ARGV[1], ARGV[2]
local known = redis.call('HGET', rollout_key(id), 'order')
if known then return { known == order and 'again' or 'conflict' } end
local meta = redis.call('HMGET', KEYS[1], 'v', 'fleet')
if meta[1] and meta[1] ~= '1' then return { 'version', meta[1] } end
if meta[2] and meta[2] ~= ARGV[4] then return { 'other_fleet', meta[2] } end
if NOW > tonumber(ARGV[11]) then return { 'expired', int(NOW) } end

redis.call('ZCARD', key('rollouts'))
local down_ms, names, list = setting('host_down_ms'), {}, {}
for n = FIRST_HOST, #ARGV, 2 do
  local host = ARGV[n]
  local membership = redis.call('HGET', key('hosts'), host)
  local state, _, _, by, why = string.match(membership or '', '^(%S+) (%S+) (%S+) (%S+) (.*)$')
  if state == 'drained' then return { 'drained', host, by, why } end
  if state ~= 'enrolled' then return { 'not_enrolled', host } end
  local beat = redis.call('HGET', key('host:' .. host), 'beat_ms') or '0'
  if NOW - tonumber(beat) > down_ms then return { 'down', host, beat, int(NOW) } end
  for service in string.gmatch(ARGV[n + 1], '[^+]+') do
    if not names[service] then
      names[service] = true
      list[#list + 1] = service
    end
  end
end
for _, service in ipairs(list) do
  local lease = redis.call('HMGET', key('lease:' .. service), 'rollout', 'operator', 'since_ms', 'reason')
  if lease[1] then return { 'busy', service, lease[1], lease[2], lease[3], int(NOW), lease[4] } end
end
local ends, cause = hold()
if ends then return { 'hold', int(ends), int(NOW), cause } end

local jobs = (#ARGV - FIRST_HOST + 1) / 2
redis.call('HSET', rollout_key(id), 'v', '1', 'order', order, 'signature', ARGV[3], 'state', 'queued', 'operator', ARGV[5],
  'reason', ARGV[6], 'op', ARGV[7], 'source', ARGV[8], 'branch', ARGV[9], 'commit', ARGV[10], 'begin_before', ARGV[11],
  'until', ARGV[12], 'created', ARGV[13], 'sizes', ARGV[14], 'soak_s', ARGV[15], 'pause_after', ARGV[16],
  'max_failures', ARGV[17], 'on_failure', ARGV[18], 'failed_host', ARGV[19], 'targets', ARGV[20],
  'services', table.concat(list, '+'), 'jobs', int(jobs), 'next', '1', 'wave', '0', 'wave_left', '0', 'open', '0',
  'good_hosts', '0', 'failed_hosts', '0', 'submitted_ms', int(NOW), 'submitted_at', stamp(NOW))
-- What an order left behind whose own hash was lost must not mix with this one.
redis.call('DEL', targets_key(id))
for n = 1, jobs do
  local host, services = ARGV[FIRST_HOST + 2 * (n - 1)], ARGV[FIRST_HOST + 2 * (n - 1) + 1]
  redis.call('HSET', targets_key(id), int(n), host, host .. '/state', 'waiting', host .. '/services', services)
end
redis.call('ZADD', key('rollouts'), int(NOW), id)
for _, service in ipairs(list) do
  redis.call('HSET', key('lease:' .. service), 'rollout', id, 'operator', ARGV[5], 'reason', ARGV[6], 'since_ms', int(NOW))
end
timer('until', id, '', tonumber(ARGV[12]))
audit({ kind = 'submit', operator = ARGV[5], reason = ARGV[6], rollout = id, to = 'queued',
  detail = ARGV[7] .. ' ' .. ARGV[10] .. ' of ' .. ARGV[8] .. ' to ' .. int(jobs) .. ' hosts' })
event(id, 'rollout', '', '', '', 'queued', '', '')
move_rollout(id, 'begin', '')
begin_wave(id)
return { 'ok' }
