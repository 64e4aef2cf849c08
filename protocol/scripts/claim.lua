#!lua
-- claim: gives the host the right to change its services, all or none, and the only token there is.
-- keys:    meta
-- args:    id host op attempt floor(highest token the host has seen)
-- replies: ok <token> <lease_ttl_ms> | held <service> <holder> <operator> <since_ms> <server_ms> <reason> |
--          closed <state> | hold <until_ms> <server_ms> <cause> | unknown
-- events:  job claimed
-- include: fleet hold states rollout job
local no = refusal('claim')
if no then return no end
local ends, cause = hold()
if ends then return { 'hold', int(ends), int(NOW), cause } end
local token = math.max(NOW_US, tonumber(ARGV[5]) + 1)
for service in string.gmatch(SERVICES, '[^+]+') do
  local lease = redis.call('HMGET', key('lease:' .. service), 'rollout', 'operator', 'since_ms', 'reason')
  if lease[1] and lease[1] ~= ID then
    return { 'held', service, lease[1], lease[2] or '', lease[3] or '', int(NOW), lease[4] or '' }
  end
  if not lease[1] then return { 'closed', 'lease of ' .. service .. ' is gone' } end
  token = math.max(token, tonumber(redis.call('HGET', key('service:' .. service), 'token') or '0') + 1)
end
-- A host that asks again, because the answer was lost or it crashed, keeps its token: two calls may arrive in either order,
-- and the answer of the last to be read need not be that of the last to be made.
local kept = tonumber(TOKEN) or 0
if kept > 0 and kept >= tonumber(ARGV[5]) then token = kept end
local ttl = setting('lease_ttl_ms')
for service in string.gmatch(SERVICES, '[^+]+') do
  local highest = tonumber(redis.call('HGET', key('service:' .. service), 'token') or '0')
  redis.call('HSET', key('service:' .. service), 'token', int(math.max(highest, token)))
  redis.call('HSET', key('lease:' .. service), 'holder:' .. HOST, int(token) .. ' ' .. int(NOW + ttl))
end
redis.call('HSET', targets_key(ID), HOST .. '/token', int(token))
sign_of_life()
-- A host that was away since: only this gives it the token without which it can't tell how its attempt ended.
if STATE == 'silent' then cancel('unknown', ID, HOST) end
if STATE ~= 'claimed' then move_job(ID, HOST, STATES.job[STATE].claim, 'token ' .. int(token)) end
return { 'ok', int(token), int(ttl) }
