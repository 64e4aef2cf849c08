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
      begin_wave(id)
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
