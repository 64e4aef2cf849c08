-- Why this fleet takes no order of the caller's, or nil.
local function contract_refusal(fleet)
  local meta = redis.call('HMGET', KEYS[1], 'v', 'fleet')
  if meta[1] and meta[1] ~= '1' then return { 'version', meta[1] } end
  if meta[2] and meta[2] ~= fleet then return { 'other_fleet', meta[2] } end
  return nil
end

-- The hosts of an order in the arguments from ARGV[from] on: host services(joined by +), again and again.
-- Adds their services to `list`, each once; the refusal of the first host that can't take part, or nil.
local function host_refusal(from, list)
  local down_ms, names = setting('host_down_ms'), {}
  for _, service in ipairs(list) do names[service] = true end
  for n = from, #ARGV, 2 do
    local host = ARGV[n]
    local membership = redis.call('HGET', key('hosts'), host)
    local state, _, _, by, why = string.match(membership or '', '^(%S+) (%S+) (%S+) (%S+) (.*)$')
    if state == 'drained' then return { 'drained', host, by, why } end
    if state ~= 'enrolled' then return { 'not_enrolled', host } end
    local beat = redis.call('HGET', key('host:' .. host), 'beat_ms') or '0'
    if NOW - tonumber(beat) > down_ms then return { 'down', host, beat, int(NOW) } end
    for service in string.gmatch(ARGV[n + 1], '[^+]+') do
      if not names[service] then
        names[service] = true
        list[#list + 1] = service
      end
    end
  end
  return nil
end

-- Writes them down, the first as number `number`.
local function write_hosts(name, from, number)
  for n = from, #ARGV, 2 do
    local host = ARGV[n]
    redis.call('HSET', name, int(number), host, host .. '/state', 'waiting', host .. '/services', ARGV[n + 1])
    number = number + 1
  end
end

-- What stage left for submit in `name`: the number of hosts, their services, and the change of membership that was the last
-- when they were looked at.
-- No host's name is empty: these are nobody's fields.
local STAGED = { '/hosts', '/services', '/members' }
local function members() return redis.call('HGET', KEYS[1], 'members') or '0' end
