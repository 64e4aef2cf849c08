#!lua flags=allow-oom
-- publish: what a deployment by hand came to: results, audit, the verified commits, and a rollout that has ended, which is also
--          what keeps the same report from being written twice.
-- keys:    meta
-- args:    id host machine_id fleet operator reason order source branch commit begun_ms ended_ms detail, then per service:
--          service verdict step rule error commit previous_commit running_commit started_at finished_at evidence
-- replies: ok | again | conflict | incomplete | version <contract> | other_fleet <fleet> |
--          other_machine <bound machine_id>
-- events:  verdict, rollout ended
-- include: fleet verdict glass
local FIRST, BOUND = 14, 1000
local no = stranger()
if no then return no end
local known = redis.call('HGET', rollout_key(ID), 'order')
if known then return { known == ARGV[7] and 'again' or 'conflict' } end
if #ARGV <= FIRST or (#ARGV - FIRST + 1) % WIDTH ~= 0 then return { 'incomplete' } end
local services, last, held, good = {}, {}, {}, true
for n = FIRST, #ARGV, WIDTH do
  local service = ARGV[n]
  if last[service] ~= nil then return { 'incomplete' } end
  services[#services + 1] = service
  last[service] = redis.call('HGET', key('service:' .. service), 'verified:' .. HOST)
  -- Another type under a lease's name is nobody's lease: it must not keep back the truth.
  held[service] = redis.pcall('HGET', key('lease:' .. service), 'rollout') == NAME
  good = good and is_good(n)
end
redis.call('ZCARD', key('rollouts'))
-- What is remembered of deployments by hand is bounded: the oldest go.
local oldest = redis.call('ZRANGE', key('break_glass'), '0', int(-BOUND))

local begun, ended = tonumber(ARGV[11]) or NOW, tonumber(ARGV[12]) or NOW
local state, list = good and 'succeeded' or 'failed', table.concat(services, '+')
redis.call('DEL', targets_key(ID))
redis.call('HSET', rollout_key(ID), 'v', '1', 'order', ARGV[7], 'signature', '', 'state', state, 'break_glass', HOST,
  'state_detail', ARGV[13], 'operator', OPERATOR, 'reason', REASON, 'op', 'deploy', 'source', ARGV[8],
  'branch', ARGV[9], 'commit', ARGV[10], 'targets', int(#services), 'services', list, 'jobs', '1', 'open', '0',
  'submitted_ms', int(begun), 'submitted_at', stamp(begun), 'ended_ms', int(ended), 'ended_at', stamp(ended))
redis.call('HSET', targets_key(ID), '1', HOST, HOST .. '/state', 'ended', HOST .. '/op', 'deploy', HOST .. '/attempt',
  '1', HOST .. '/services', list)
local by = { id = ID, name = NAME, host = HOST, op = 'deploy', attempt = '1', operator = OPERATOR, reason = REASON,
  token = '' }
for index, service in ipairs(services) do
  local n = FIRST + (index - 1) * WIDTH
  write_verdict(by, n)
  if good then note_verified(HOST, service, ARGV[n + 5], last[service]) end
  if held[service] then redis.call('DEL', key('lease:' .. service)) end
  cancel('hand', ID, service)
end
event(ID, 'rollout', '', '', '', state, '', ARGV[13])
redis.call('ZADD', key('rollouts'), int(NOW), ID)
redis.call('ZADD', key('break_glass'), int(NOW), ID)
for _, id in ipairs(oldest) do
  redis.call('DEL', rollout_key(id), targets_key(id), key('rollout:' .. id .. ':events'))
  redis.call('ZREM', key('rollouts'), id)
  redis.call('ZREM', key('break_glass'), id)
end
audit({ kind = 'break_glass', operator = OPERATOR, reason = REASON, rollout = NAME, host = HOST, service = list,
  from = 'begun', to = ARGV[FIRST + 1], detail = 'deploy ' .. ARGV[10] .. ' of ' .. ARGV[8] })
return { 'ok' }
