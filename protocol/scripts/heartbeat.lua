#!lua flags=allow-oom
-- heartbeat: a host is there; its facts become current, and its job shows a sign of life. A doubt about Redis becomes a hold.
-- keys:    meta
-- args:    host machine_id boot_id agent contract state rollout op attempt step services, then facts: field value
-- replies: ok <membership> <server_ms> <due timers> | other_machine <bound machine_id>
-- events:
-- include: fleet hold
local host, machine, state = ARGV[1], ARGV[2], ARGV[6]
local rollout, step, services = ARGV[7], ARGV[10], ARGV[11]
local membership = redis.call('HGET', key('hosts'), host)
local was, _, bound = string.match(membership or '', '^(%S+) (%S+) (%S+) ')
if was and was ~= 'seen' and bound ~= '-' and bound ~= machine then return { 'other_machine', bound } end

-- With a clock that went back, what counts from a moment (all but the absolute `until`) goes back as far.
local function move_timers(by)
  local timers, moved = redis.call('ZRANGE', key('timers'), '0', '-1', 'WITHSCORES'), {}
  for n = 1, #timers, 2 do
    if string.sub(timers[n], 1, 6) ~= 'until/' then
      moved[#moved + 1] = int(tonumber(timers[n + 1]) + by)
      moved[#moved + 1] = timers[n]
    end
  end
  for n = 1, #moved, 1000 do redis.call('ZADD', key('timers'), unpack(moved, n, math.min(n + 999, #moved))) end
end
local function begin_hold()
  local ends = NOW + setting('lease_ttl_ms')
  redis.call('HSET', KEYS[1], 'hold_until', int(ends), 'hold_cause', DOUBT)
  audit({ kind = 'hold', host = host, from = LAST_BEAT and stamp(LAST_BEAT) or '', to = stamp(ends), detail = DOUBT })
  if DOUBT == 'clock' then move_timers(NOW - LAST_BEAT) end
end

local last = redis.call('HMGET', key('host:' .. host), 'shown', 'shown_ms')
if not was or (was == 'seen' and bound ~= machine) then
  redis.call('HSET', key('hosts'), host, 'seen ' .. int(NOW) .. ' ' .. machine .. ' - ')
elseif bound == '-' then
  local function bind(head) return head .. ' ' .. machine end
  redis.call('HSET', key('hosts'), host, (string.gsub(membership, '^(%S+ %S+) %S+', bind)))
end
local shown = table.concat({ ARGV[3], ARGV[4], state, rollout, step, services }, '\n')
local shown_ms = last[2] or '0'
-- Of a clock that went back too.
if last[1] ~= shown or math.abs(NOW - tonumber(shown_ms)) >= 60000 then
  shown_ms = int(NOW)
  append('heartbeats', 'MAXLEN', '~', '100000', '*', 'v', '1', 'host', host, 'agent', ARGV[4],
    'boot_id', ARGV[3], 'state', state, 'rollout', rollout, 'step', step, 'services', services)
end
redis.call('DEL', key('host:' .. host))
redis.call('HSET', key('host:' .. host), 'v', '1', 'beat_ms', int(NOW), 'beat_at', stamp(NOW), 'machine_id', machine,
  'boot_id', ARGV[3], 'agent', ARGV[4], 'contract', ARGV[5], 'state', state, 'rollout', rollout, 'step', step,
  'services', services, 'shown', shown, 'shown_ms', shown_ms)
-- Lua's stack takes some thousand values, and a host may have that many facts.
for n = 12, #ARGV, 1000 do redis.call('HSET', key('host:' .. host), unpack(ARGV, n, math.min(n + 999, #ARGV))) end
if DOUBT then begin_hold() end
redis.call('HSET', KEYS[1], 'last_beat', int(NOW), 'run_id', RUN_ID)
if rollout ~= '' then
  local member = 'silence/' .. rollout .. '/' .. host
  if redis.call('ZSCORE', key('timers'), member) then
    redis.call('ZADD', key('timers'), int(NOW + setting('silence_ms')), member)
  end
end
return { 'ok', was or 'seen', int(NOW), due_timers() }
