-- How the jobs of a wave reach their hosts.
local function dispatch_one(id, host, op, accept_due)
  local to = STATES.job.waiting.dispatch
  redis.call('HSET', targets_key(id), host .. '/op', op, host .. '/attempt', '1', host .. '/dispatched_ms', int(NOW),
    host .. '/state', to)
  -- Another type under this name: the host never hears of the job, and the accept timer ends it.
  redis.pcall('HSET', key('pending:' .. host), id .. '/' .. op .. '/1', int(NOW))
  append('commands:' .. host, 'MINID', '~', int(NOW - 86400000), '*', 'v', '1', 'rollout', id, 'op', op, 'attempt', '1')
  timer('accept', id, host, accept_due)
  tell_job(id, host, 'waiting', to, '')
end

-- Dispatches what is left of the wave, at most so many in one call; the rest falls due at once as a timer. One dispatch takes
-- up to 0.1 ms, and no call may hold Redis for 2 ms.
local DISPATCHES = 5
local function dispatch_wave(id, limit)
  local r = redis.call('HMGET', rollout_key(id), 'next', 'wave_left', 'op')
  local first, left = tonumber(r[1]), tonumber(r[2])
  local count = math.min(left, limit)
  local accept_due = NOW + setting('accept_ms')
  for n = first, first + count - 1 do
    dispatch_one(id, redis.call('HGET', targets_key(id), int(n)), r[3], accept_due)
  end
  redis.call('HSET', rollout_key(id), 'next', int(first + count), 'wave_left', int(left - count))
  redis.call('HINCRBY', rollout_key(id), 'open', count)
  if left > count then timer('dispatch', id, '', NOW) end
end

local function begin_wave(id, limit)
  local wave = redis.call('HINCRBY', rollout_key(id), 'wave', 1)
  local sizes = {}
  for size in string.gmatch(redis.call('HGET', rollout_key(id), 'sizes'), '%d+') do sizes[#sizes + 1] = size end
  redis.call('HSET', rollout_key(id), 'wave_left', sizes[wave])
  dispatch_wave(id, limit)
end
