#!lua flags=allow-oom
-- heartbeat: a host is there; its facts become current, and its job shows a sign of life.
-- keys:    meta
-- args:    host machine_id boot_id agent contract state rollout op attempt step services run_id, then facts: field value
-- replies: ok <membership> <server_ms> <due timers> | other_machine <bound machine_id>
-- events:
-- include: fleet
local host, machine, state = ARGV[1], ARGV[2], ARGV[6]
local rollout, step, services = ARGV[7], ARGV[10], ARGV[11]
local membership = redis.call('HGET', key('hosts'), host)
local was, _, bound = string.match(membership or '', '^(%S+) (%S+) (%S+) ')
if was and was ~= 'seen' and bound ~= '-' and bound ~= machine then return { 'other_machine', bound } end

local last = redis.call('HMGET', key('host:' .. host), 'shown', 'shown_ms')
if not was or (was == 'seen' and bound ~= machine) then
  redis.call('HSET', key('hosts'), host, 'seen ' .. int(NOW) .. ' ' .. machine .. ' - ')
elseif bound == '-' then
  local function bind(head) return head .. ' ' .. machine end
  redis.call('HSET', key('hosts'), host, (string.gsub(membership, '^(%S+ %S+) %S+', bind)))
end
local shown = table.concat({ ARGV[3], ARGV[4], state, rollout, step, services }, '\n')
local shown_ms = last[2] or '0'
if last[1] ~= shown or NOW - tonumber(shown_ms) >= 60000 then
  shown_ms = int(NOW)
  append('heartbeats', 'MAXLEN', '~', '100000', '*', 'v', '1', 'host', host, 'agent', ARGV[4],
    'boot_id', ARGV[3], 'state', state, 'rollout', rollout, 'step', step, 'services', services)
end
redis.call('DEL', key('host:' .. host))
redis.call('HSET', key('host:' .. host), 'v', '1', 'beat_ms', int(NOW), 'beat_at', stamp(NOW), 'machine_id', machine,
  'boot_id', ARGV[3], 'agent', ARGV[4], 'contract', ARGV[5], 'state', state, 'rollout', rollout, 'step', step,
  'services', services, 'shown', shown, 'shown_ms', shown_ms)
for n = 13, #ARGV, 2 do redis.call('HSET', key('host:' .. host), ARGV[n], ARGV[n + 1]) end
redis.call('HSET', KEYS[1], 'last_beat', int(NOW), 'run_id', ARGV[12])
if rollout ~= '' then
  local member = 'silence/' .. rollout .. '/' .. host
  if redis.call('ZSCORE', key('timers'), member) then
    redis.call('ZADD', key('timers'), int(NOW + setting('silence_ms')), member)
  end
end
return { 'ok', was or 'seen', int(NOW), int(redis.call('ZCOUNT', key('timers'), '-inf', int(NOW))) }
