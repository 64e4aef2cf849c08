-- How a rollout moves: the only place that dispatches, settles and ends one.
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

local function move_job(id, host, to, detail)
  local from = redis.call('HGET', targets_key(id), host .. '/state')
  redis.call('HSET', targets_key(id), host .. '/state', to)
  audit({ kind = 'job', rollout = id, host = host, from = from, to = to, detail = detail })
  event(id, 'job', host, '', '', to, '', detail)
end

-- Gives the rollout's services back and writes its end.
local function end_rollout(id, event_name, detail)
  move_rollout(id, event_name, detail)
  for service in string.gmatch(redis.call('HGET', rollout_key(id), 'services'), '[^+]+') do
    if redis.pcall('HGET', key('lease:' .. service), 'rollout') == id then redis.call('DEL', key('lease:' .. service)) end
  end
  cancel('until', id, '')
  redis.call('HSET', rollout_key(id), 'ended_ms', int(NOW), 'ended_at', stamp(NOW))
end

local function dispatch_one(id, host, op, accept_due)
  redis.call('HSET', targets_key(id), host .. '/op', op, host .. '/attempt', '1', host .. '/dispatched_ms', int(NOW))
  -- Another type under this name: the host never hears of the job, and the accept timer ends it.
  redis.pcall('HSET', key('pending:' .. host), id .. '/' .. op .. '/1', int(NOW))
  append('commands:' .. host, 'MINID', '~', int(NOW - 86400000), '*', 'v', '1', 'rollout', id, 'op', op, 'attempt', '1')
  timer('accept', id, host, accept_due)
  move_job(id, host, STATES.job.waiting.dispatch, '')
end

-- Dispatches what is left of the wave, a part of it in one call; the rest falls due at once as a timer. One dispatch takes
-- about 0.04 ms, and no call but submit may hold Redis for 2 ms.
local DISPATCHES = 25
local function dispatch_wave(id)
  local r = redis.call('HMGET', rollout_key(id), 'next', 'wave_left', 'op')
  local first, left = tonumber(r[1]), tonumber(r[2])
  local count = math.min(left, DISPATCHES)
  local accept_due = NOW + setting('accept_ms')
  for n = first, first + count - 1 do
    dispatch_one(id, redis.call('HGET', targets_key(id), int(n)), r[3], accept_due)
  end
  redis.call('HSET', rollout_key(id), 'next', int(first + count), 'wave_left', int(left - count))
  redis.call('HINCRBY', rollout_key(id), 'open', count)
  if left > count then timer('dispatch', id, '', NOW) end
end

local function begin_wave(id)
  local wave = redis.call('HINCRBY', rollout_key(id), 'wave', 1)
  local sizes = {}
  for size in string.gmatch(redis.call('HGET', rollout_key(id), 'sizes'), '%d+') do sizes[#sizes + 1] = size end
  redis.call('HSET', rollout_key(id), 'wave_left', sizes[wave])
  dispatch_wave(id)
end
