-- The job that a host's call is about: ARGV begins with id host op attempt.
local ID, HOST, OP, ATTEMPT = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local job = redis.call('HMGET', targets_key(ID), HOST .. '/state', HOST .. '/op', HOST .. '/attempt', HOST .. '/token',
  HOST .. '/services')
-- Known only while both hashes are whole: what lost one of them, or holds another's words, is nobody's to move.
local STATE = STATES.rollout[redis.call('HGET', rollout_key(ID), 'state')] and STATES.job[job[1]] and job[1]
local TOKEN, SERVICES = job[4] or '', job[5]

-- The refusal of a call that may not move this job by this event, or nil.
local function refusal(event_name)
  if not STATE then return { 'unknown' } end
  if job[2] ~= OP or job[3] ~= ATTEMPT then return { 'closed', 'attempt ' .. (job[3] or '0') } end
  if not STATES.job[STATE][event_name] then return { 'closed', STATE } end
  return nil
end
local function sign_of_life()
  timer('silence', ID, HOST, NOW + setting('silence_ms'))
end
