-- The verdict of one target, as a host tells it: the WIDTH arguments service verdict step rule error commit previous_commit
-- running_commit started_at finished_at evidence, from ARGV[n] on.
local WIDTH = 11
local function is_good(n) return ARGV[n + 1] == 'verified' or ARGV[n + 1] == 'unchanged' end

-- Writes it where it is kept and where people read it. `by` has id, name (what people call the rollout), host, op, attempt,
-- operator, reason and token.
local function write_verdict(by, n)
  local service, verdict, step, rule, why = unpack(ARGV, n, n + 4)
  local base = by.host .. '/' .. service .. '/'
  redis.call('HSET', targets_key(by.id), base .. 'verdict', verdict, base .. 'step', step, base .. 'rule', rule,
    base .. 'error', why, base .. 'commit', ARGV[n + 5], base .. 'previous_commit', ARGV[n + 6],
    base .. 'running_commit', ARGV[n + 7], base .. 'started_at', ARGV[n + 8], base .. 'finished_at', ARGV[n + 9],
    base .. 'evidence', ARGV[n + 10])
  append('results', 'MAXLEN', '~', '100000', '*', 'v', '1', 'rollout', by.name, 'host', by.host,
    'service', service, 'op', by.op, 'attempt', by.attempt, 'verdict', verdict, 'commit', ARGV[n + 5],
    'previous_commit', ARGV[n + 6], 'running_commit', ARGV[n + 7], 'step', step, 'rule', rule, 'error', why,
    'operator', by.operator, 'reason', by.reason, 'token', by.token, 'started_at', ARGV[n + 8],
    'finished_at', ARGV[n + 9])
  event(by.id, 'verdict', by.host, service, step, verdict, '', why)
end

-- What a host runs of a service, proven: what a later way back and drift rest on. `before` is what stood there.
local function note_verified(host, service, commit, before)
  if before and before ~= commit then redis.call('HSET', key('service:' .. service), 'before:' .. host, before) end
  redis.call('HSET', key('service:' .. service), 'verified:' .. host, commit)
end
