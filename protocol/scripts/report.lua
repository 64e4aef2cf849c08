#!lua flags=allow-oom
-- report: the verdicts of one host's attempt, all its targets at once; opens the next wave.
-- keys:    meta
-- args:    id host op attempt token(empty: never claimed) detail, then per service: service verdict step rule error commit
--          previous_commit running_commit started_at finished_at evidence
-- replies: ok | again | superseded | incomplete | closed <state> | unknown
-- events:  verdict, job ended, and what settling brings
-- include: fleet states rollout dispatch settle job verdict
local FIRST = 7
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
  good = good and is_good(n)
end
if next(missing) then return { 'incomplete' } end

local r = redis.call('HMGET', rollout_key(ID), 'operator', 'reason')
local by = { id = ID, name = ID, host = HOST, op = OP, attempt = ATTEMPT, operator = r[1], reason = r[2], token = TOKEN }
for n = FIRST, #ARGV, WIDTH do
  write_verdict(by, n)
  if good and OP == 'deploy' then note_verified(HOST, ARGV[n], ARGV[n + 5], last[ARGV[n]]) end
  redis.call('HDEL', key('lease:' .. ARGV[n]), 'holder:' .. HOST)
end
close_job(ID, HOST, good, ARGV[6])
return { 'ok' }
