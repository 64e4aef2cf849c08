-- What follows when a job ends or falls silent.
-- Decides what follows now that a job ended or fell silent.
local function settle(id)
  local r = redis.call('HMGET', rollout_key(id), 'state', 'open', 'next', 'jobs', 'failed_hosts', 'max_failures',
    'wave_left', 'good_hosts', 'soak_s', 'cause', 'wave')
  local state, open, failed = r[1], tonumber(r[2]), tonumber(r[5])
  if STATES.rollout[state].too_many_failures and failed > tonumber(r[6]) then
    state = move_rollout(id, 'too_many_failures', r[5] .. ' of ' .. r[4] .. ' hosts failed')
  end
  if open > 0 then return end
  if state == 'halting' and r[8] == r[4] then
    end_rollout(id, 'all_good', '')
  elseif state == 'halting' then
    end_rollout(id, (r[10] == 'expired' and failed == 0) and 'drained_expired' or 'drained', '')
  elseif state == 'aborting' then
    end_rollout(id, 'drained', '')
  elseif state == 'running' and tonumber(r[7]) == 0 then
    if tonumber(r[3]) > tonumber(r[4]) then
      end_rollout(id, r[8] == r[4] and 'all_good' or 'some_failed', '')
    elseif r[11] == '1' and tonumber(r[9]) > 0 and move_rollout(id, 'soak', r[9] .. ' s') then
      timer('soak', id, '', NOW + tonumber(r[9]) * 1000)
    else
      begin_wave(id, DISPATCHES)
    end
  end
end

-- Counts a job that is over (or silent: then it stays open) and lets the rollout go on.
local function count_failure(id, host)
  if redis.call('HSETNX', targets_key(id), host .. '/failed', '1') == 1 then
    redis.call('HINCRBY', rollout_key(id), 'failed_hosts', 1)
  end
end
local function close_job(id, host, good, detail)
  for _, kind in ipairs({ 'accept', 'silence', 'unknown' }) do cancel(kind, id, host) end
  local op = redis.call('HMGET', targets_key(id), host .. '/op', host .. '/attempt')
  redis.pcall('HDEL', key('pending:' .. host), id .. '/' .. op[1] .. '/' .. op[2])
  move_job(id, host, 'ended', detail)
  redis.call('HINCRBY', rollout_key(id), 'open', -1)
  if not good then
    count_failure(id, host)
  else
    redis.call('HINCRBY', rollout_key(id), 'good_hosts', 1)
    -- It was counted when it fell silent, and was good after all.
    if redis.call('HDEL', targets_key(id), host .. '/failed') == 1 then
      redis.call('HINCRBY', rollout_key(id), 'failed_hosts', -1)
    end
  end
  settle(id)
end

-- One verdict for every target of a host that changed nothing, or never said what it did.
local function give_verdict(id, host, verdict, step, rule, why)
  local r = redis.call('HMGET', rollout_key(id), 'operator', 'reason', 'commit', 'op')
  local attempt = redis.call('HMGET', targets_key(id), host .. '/attempt', host .. '/token', host .. '/services')
  for service in string.gmatch(attempt[3] or '', '[^+]+') do
    local base = host .. '/' .. service .. '/'
    redis.call('HSET', targets_key(id), base .. 'verdict', verdict, base .. 'step', step, base .. 'rule', rule,
      base .. 'error', why, base .. 'commit', r[3] or '')
    append('results', 'MAXLEN', '~', '100000', '*', 'v', '1', 'rollout', id, 'host', host,
      'service', service, 'op', r[4] or '', 'attempt', attempt[1] or '', 'verdict', verdict, 'commit', r[3] or '',
      'previous_commit', '', 'running_commit', '', 'step', step, 'rule', rule, 'error', why, 'operator', r[1] or '',
      'reason', r[2] or '', 'token', attempt[2] or '', 'started_at', '', 'finished_at', stamp(NOW))
    event(id, 'verdict', host, service, step, verdict, '', why)
  end
  close_job(id, host, false, why)
end
