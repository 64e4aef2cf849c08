#!lua
-- tick: fires one timer that fell due, or puts it off to the end of a hold. Agents and following operators call it, so there
-- is no coordinator.
-- keys:    meta
-- args:
-- replies: ok <timers left> | none
-- events:  what the timer brings
-- include: fleet hold states rollout dispatch settle
if DOUBT then return { 'none' } end
local due = redis.call('ZRANGEBYSCORE', key('timers'), '-inf', int(NOW), 'LIMIT', '0', '1')
if not due[1] then return { 'none' } end
local kind, id, host = string.match(due[1], '^(%a+)/([^/]*)/([^/]*)$')
local ends = hold()
if ends and (kind == 'accept' or kind == 'silence' or kind == 'unknown') then
  redis.call('ZADD', key('timers'), int(ends), due[1])
  return { 'ok', due_timers() }
end
-- A timer that names nothing of ours is dropped below: it must not block those behind it.
local function read(name, field)
  local value = redis.pcall('HGET', name, field)
  return type(value) == 'string' and value
end
local state = kind and read(rollout_key(id), 'state')
local job = STATES.rollout[state] and read(targets_key(id), host .. '/state')

redis.call('ZREM', key('timers'), due[1])
if kind == 'accept' and job == 'dispatched' then
  give_verdict(id, host, 'unreachable', '', 'not_accepted', 'the host did not take the order in time')
elseif kind == 'silence' and job == 'accepted' then
  give_verdict(id, host, 'unreachable', '', 'host_silent', 'the host fell silent before it changed anything')
elseif kind == 'silence' and job == 'claimed' then
  move_job(id, host, STATES.job[job].silence, 'no sign of life; what it did is not known yet')
  timer('unknown', id, host, NOW + setting('unknown_ms'))
  count_failure(id, host)
  settle(id)
elseif kind == 'unknown' and job == 'silent' then
  give_verdict(id, host, 'unknown', '', 'host_silent', 'the host fell silent after its claim and stayed so')
elseif kind == 'until' and (STATES.rollout[state] or {}).expire then
  redis.call('HSET', rollout_key(id), 'cause', 'expired')
  move_rollout(id, 'expire', 'until has passed')
  settle(id)
elseif kind == 'dispatch' and state == 'running' then
  dispatch_wave(id, DISPATCHES)
elseif kind == 'soak' and state == 'soaking' then
  move_rollout(id, 'soaked', '')
  begin_wave(id, DISPATCHES)
elseif kind == 'hand' and read(key('lease:' .. host), 'rollout') == 'bg-' .. id then
  -- Here the third part is the service: a deployment by hand (hand.lua) that nobody has heard of since.
  redis.call('DEL', key('lease:' .. host))
  audit({ kind = 'break_glass', rollout = 'bg-' .. id, service = host, from = 'begun', to = 'silent',
    detail = 'no sign of life; the lease is given back, what was done is not known yet' })
elseif kind == 'ask' then
  redis.call('DEL', key('ask:' .. id))
end
return { 'ok', due_timers() }
