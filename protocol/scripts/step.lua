#!lua flags=allow-oom
-- step: what a job does now, for followers; any number of events in one call.
-- keys:    meta
-- args:    id host op attempt token, then per event: service step state ms detail
-- replies: ok | superseded | incomplete | closed <state> | unknown
-- events:  step, output
-- include: fleet states rollout job
if not STATE then return { 'unknown' } end
if STATE == 'ended' or STATE == 'waiting' or job[2] ~= OP or job[3] ~= ATTEMPT then return { 'closed', STATE } end
-- What was told before the claim may arrive behind it; a token that is not the newest is somebody else's.
if ARGV[5] ~= '' and TOKEN ~= ARGV[5] then return { 'superseded' } end
if (#ARGV - 5) % 5 ~= 0 then return { 'incomplete' } end
for n = 6, #ARGV, 5 do
  local kind = ARGV[n + 2] == 'output' and 'output' or 'step'
  event(ID, kind, HOST, ARGV[n], ARGV[n + 1], ARGV[n + 2], ARGV[n + 3], ARGV[n + 4])
  if kind == 'step' then redis.call('HSET', targets_key(ID), HOST .. '/step', ARGV[n + 1]) end
end
if STATE == 'accepted' or STATE == 'claimed' then sign_of_life() end
return { 'ok' }
