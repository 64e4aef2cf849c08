-- How a rollout and its jobs move, and how a rollout ends.
local function move_rollout(id, event_name, detail)
  local from = redis.call('HGET', rollout_key(id), 'state')
  local to = STATES.rollout[from][event_name]
  if not to then return nil end
  redis.call('HSET', rollout_key(id), 'state', to, 'state_detail', detail)
  local r = redis.call('HMGET', rollout_key(id), 'operator', 'reason')
  audit({ kind = 'rollout', operator = r[1], reason = r[2], rollout = id, from = from, to = to, detail = detail })
  event(id, 'rollout', '', '', '', to, '', detail)
  return to
end

local function tell_job(id, host, from, to, detail)
  audit({ kind = 'job', rollout = id, host = host, from = from, to = to, detail = detail })
  event(id, 'job', host, '', '', to, '', detail)
end
local function move_job(id, host, to, detail)
  local from = redis.call('HGET', targets_key(id), host .. '/state')
  redis.call('HSET', targets_key(id), host .. '/state', to)
  tell_job(id, host, from, to, detail)
end

-- Takes out what is neither among the newest rollouts nor young: a few for each that ends, so that no call takes long. UNLINK
-- gives the memory back beside the scripts.
local FORGOTTEN = 3
local function forget_old()
  local surplus = redis.call('ZCARD', key('rollouts')) - setting('kept')
  if surplus <= 0 then return end
  local old = redis.call('ZRANGEBYSCORE', key('rollouts'), '-inf', int(NOW - setting('kept_ms')), 'LIMIT', '0',
    int(math.min(surplus, FORGOTTEN)))
  for _, id in ipairs(old) do
    local state = redis.pcall('HGET', rollout_key(id), 'state')
    if not STATES.rollout[state] or redis.call('HEXISTS', rollout_key(id), 'ended_ms') == 1 then
      redis.call('UNLINK', rollout_key(id), targets_key(id), key('rollout:' .. id .. ':events'))
      redis.call('ZREM', key('rollouts'), id)
      redis.pcall('ZREM', key('break_glass'), id)
    end
  end
end

-- Gives the rollout's services back and writes its end.
local function end_rollout(id, event_name, detail)
  move_rollout(id, event_name, detail)
  for service in string.gmatch(redis.call('HGET', rollout_key(id), 'services'), '[^+]+') do
    if redis.pcall('HGET', key('lease:' .. service), 'rollout') == id then redis.call('DEL', key('lease:' .. service)) end
  end
  cancel('until', id, '')
  redis.call('HSET', rollout_key(id), 'ended_ms', int(NOW), 'ended_at', stamp(NOW))
  forget_old()
end
