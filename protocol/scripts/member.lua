#!lua
-- member: takes a host out of every later order, back into them, or out of the fleet. What is dispatched already goes on.
-- keys:    meta
-- args:    host fleet operator reason change(drain, undrain or retire)
-- replies: ok <membership> | again <membership> | unknown | not_enrolled <host> | busy <rollout> | version <contract> |
--          other_fleet <fleet>
-- events:
-- include: fleet
local host, change = ARGV[1], ARGV[5]
local meta = redis.call('HMGET', KEYS[1], 'v', 'fleet')
if meta[1] and meta[1] ~= '1' then return { 'version', meta[1] } end
if meta[2] and meta[2] ~= ARGV[2] then return { 'other_fleet', meta[2] } end
local was, _, machine = string.match(redis.call('HGET', key('hosts'), host) or '', '^(%S+) (%S+) (%S+) ')
if not was then return { 'unknown' } end
if change ~= 'retire' and was == 'seen' then return { 'not_enrolled', host } end
local to = ({ drain = 'drained', undrain = 'enrolled', retire = 'retired' })[change]
if was == to then return { 'again', was } end

local facts = redis.call('HMGET', key('host:' .. host), 'rollout', 'beat_ms')
local services = redis.call('HKEYS', key('host:' .. host))
local waiting = redis.call('HKEYS', key('pending:' .. host))[1]
if change == 'retire' then
  if waiting then return { 'busy', string.match(waiting, '^[^/]*') } end
  -- What a host said it works on counts for as long as the host is heard.
  local heard = NOW - (tonumber(facts[2] or '0') or 0) <= setting('host_down_ms')
  if heard and (facts[1] or '') ~= '' then return { 'busy', facts[1] } end
  redis.call('HDEL', key('hosts'), host)
  for _, field in ipairs(services) do
    local service = string.match(field, '^service/(.+)/source$')
    if service then redis.pcall('HDEL', key('service:' .. service), 'verified:' .. host, 'before:' .. host) end
  end
  redis.call('DEL', key('host:' .. host), key('commands:' .. host))
else
  redis.call('HSET', key('hosts'), host, to .. ' ' .. int(NOW) .. ' ' .. machine .. ' ' .. ARGV[3] .. ' ' .. ARGV[4])
end
redis.call('HINCRBY', KEYS[1], 'members', 1)
audit({ kind = change, operator = ARGV[3], reason = ARGV[4], host = host, from = was, to = to, detail = machine })
return { 'ok', to }
