#!lua flags=allow-oom
-- renew: prolongs the right of a host that makes progress; also the sign of life of one that has accepted or fell silent.
-- keys:    meta
-- args:    id host op attempt token(empty before the claim)
-- replies: ok <lease_ttl_ms> | superseded | gone | closed <state> | unknown
-- events:  job claimed (a silent host is back)
-- include: fleet states rollout job
local no = refusal('renew')
if no then return no end
if TOKEN ~= ARGV[5] then return { 'superseded' } end
local ttl = setting('lease_ttl_ms')
if TOKEN ~= '' then
  for service in string.gmatch(SERVICES, '[^+]+') do
    if redis.call('HGET', key('lease:' .. service), 'rollout') ~= ID then return { 'gone' } end
  end
  for service in string.gmatch(SERVICES, '[^+]+') do
    redis.call('HSET', key('lease:' .. service), 'holder:' .. HOST, TOKEN .. ' ' .. int(NOW + ttl))
  end
end
sign_of_life()
if STATE == 'silent' then
  cancel('unknown', ID, HOST)
  move_job(ID, HOST, STATES.job[STATE].renew, 'back')
end
return { 'ok', int(ttl) }
