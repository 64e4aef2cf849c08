-- What the scripts of a deployment by hand (break-glass) begin with: ARGV begins with id host machine_id fleet operator reason.
local ID, HOST, MACHINE, FLEET, OPERATOR, REASON = unpack(ARGV, 1, 6)
-- The name under which streams, leases and people have it: no rollout was submitted.
local NAME = 'bg-' .. ID

-- The refusal of a host that may not speak here, or nil.
local function stranger()
  local meta = redis.call('HMGET', KEYS[1], 'v', 'fleet')
  if meta[1] and meta[1] ~= '1' then return { 'version', meta[1] } end
  if meta[2] and meta[2] ~= FLEET then return { 'other_fleet', meta[2] } end
  local was, _, bound = string.match(redis.call('HGET', key('hosts'), HOST) or '', '^(%S+) (%S+) (%S+) ')
  if was and was ~= 'seen' and bound ~= '-' and bound ~= MACHINE then return { 'other_machine', bound } end
  return nil
end
