#!lua flags=allow-oom
-- report: the verdicts of one host's attempt, all its targets at once; opens the next wave.
-- keys:    meta
-- args:    id host op attempt token(empty: never claimed) detail, then per service: service verdict step rule error commit
--          previous_commit running_commit started_at finished_at evidence
-- replies: ok | again | superseded | incomplete | closed <state> | unknown
-- events:  verdict, job ended, and what settling brings
-- include: fleet states rollout settle job
local FIRST, WIDTH = 7, 11
local no = refusal('report')
if no then return no end
if STATE == 'ended' then
  for n = FIRST, #ARGV, WIDTH do
    local told = redis.call('HGET', targets_key(ID), HOST .. '/' .. ARGV[n] .. '/verdict')
    if told ~= ARGV[n + 1] then return { 'closed', 'ended' } end
  end
  return { 'again' }
end
if TOKEN ~= ARGV[5] then return { 'superseded' } end
if (#ARGV - FIRST + 1) % WIDTH ~= 0 then return { 'incomplete' } end
local missing, last, good = {}, {}, true
for service in string.gmatch(SERVICES, '[^+]+') do missing[service] = true end
for n = FIRST, #ARGV, WIDTH do
  local verdict = ARGV[n + 1]
  if not missing[ARGV[n]] then return { 'incomplete' } end
  missing[ARGV[n]] = nil
  last[ARGV[n]] = redis.call('HGET', key('service:' .. ARGV[n]), 'verified:' .. HOST)
  redis.call('HLEN', key('lease:' .. ARGV[n]))
  if TOKEN == '' and verdict ~= 'refused' and verdict ~= 'failed' then return { 'superseded' } end
  good = good and (verdict == 'verified' or verdict == 'unchanged')
end
if next(missing) then return { 'incomplete' } end

local r = redis.call('HMGET', rollout_key(ID), 'operator', 'reason')
for n = FIRST, #ARGV, WIDTH do
  local service, verdict, step, rule, why = ARGV[n], ARGV[n + 1], ARGV[n + 2], ARGV[n + 3], ARGV[n + 4]
  local base = HOST .. '/' .. service .. '/'
  redis.call('HSET', targets_key(ID), base .. 'verdict', verdict, base .. 'step', step, base .. 'rule', rule,
    base .. 'error', why, base .. 'commit', ARGV[n + 5], base .. 'previous_commit', ARGV[n + 6],
    base .. 'running_commit', ARGV[n + 7], base .. 'started_at', ARGV[n + 8], base .. 'finished_at', ARGV[n + 9],
    base .. 'evidence', ARGV[n + 10])
  append('results', 'MAXLEN', '~', '100000', '*', 'v', '1', 'rollout', ID, 'host', HOST,
    'service', service, 'op', OP, 'attempt', ATTEMPT, 'verdict', verdict, 'commit', ARGV[n + 5],
    'previous_commit', ARGV[n + 6], 'running_commit', ARGV[n + 7], 'step', step, 'rule', rule, 'error', why,
    'operator', r[1], 'reason', r[2], 'token', TOKEN, 'started_at', ARGV[n + 8], 'finished_at', ARGV[n + 9])
  event(ID, 'verdict', HOST, service, step, verdict, '', why)
  if good and OP == 'deploy' then
    local before = last[service]
    if before and before ~= ARGV[n + 5] then redis.call('HSET', key('service:' .. service), 'before:' .. HOST, before) end
    redis.call('HSET', key('service:' .. service), 'verified:' .. HOST, ARGV[n + 5])
  end
  redis.call('HDEL', key('lease:' .. service), 'holder:' .. HOST)
end
close_job(ID, HOST, good, ARGV[6])
return { 'ok' }
