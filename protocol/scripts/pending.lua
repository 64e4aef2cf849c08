#!lua flags=allow-oom
-- pending: what is dispatched to a host and not accepted, a page a call: the truth behind the bell. What names nothing that
-- is dispatched to the host can never be taken: it goes, so that it is looked at once.
-- keys:    meta
-- args:    host cursor(0 at first, afterwards what the page before replied) bytes(of an order that may come along)
-- replies: ok <cursor: 0 behind the last page> <entries that went> <order> <signature>
--          [<rollout> <op> <attempt> <dispatched_ms>]...
-- events:
-- include: fleet states text
local PAGE = 50
local HOST = ARGV[1]
local PENDING = key('pending:' .. HOST)
-- What settling a rollout counts with: a hash without it is none of ours, whatever its state says.
local COUNTS = { 'jobs', 'next', 'wave', 'wave_left', 'open', 'good_hosts', 'failed_hosts', 'max_failures', 'soak_s' }

-- Nothing, also where another type stands under the name.
local function read(name, ...)
  local values = redis.pcall('HMGET', name, ...)
  return values.err and {} or values
end

local function is_dispatched(id, op, attempt)
  local rollout = read(rollout_key(id), 'v', 'state', 'services', unpack(COUNTS))
  if rollout[1] ~= '1' or not STATES.rollout[rollout[2]] or not rollout[3] then return false end
  for n = 1, #COUNTS do
    if not tonumber(rollout[3 + n]) then return false end
  end
  local job = read(targets_key(id), HOST .. '/state', HOST .. '/op', HOST .. '/attempt', HOST .. '/services')
  return job[1] == 'dispatched' and job[2] == op and job[3] == attempt and job[4]
end

local page = redis.call('HSCAN', PENDING, ARGV[2], 'COUNT', PAGE)
local reply = { 'ok', page[1], '0', '', '' }
local HEAD, ENTRY = #reply, 4
local gone = {}
for n = 1, #page[2], 2 do
  local field, since = page[2][n], page[2][n + 1]
  local id, op, attempt = string.match(field, '^(%x+)/(%a+)/(%d+)$')
  if id and #id == 32 and is_dispatched(id, op, attempt) then
    reply[#reply + 1] = id
    reply[#reply + 1] = op
    reply[#reply + 1] = attempt
    reply[#reply + 1] = string.match(since, '^%d+$') and #since < 16 and since or '0'
  else
    gone[#gone + 1] = field
  end
end
if #gone > 0 then
  reply[3] = tostring(#gone)
  audit({ kind = 'drop', host = HOST, detail = #gone .. ' entries of pending that name nothing dispatched' })
  for _, field in ipairs(gone) do redis.call('HDEL', PENDING, field) end
end
-- Mostly one order is dispatched: it comes along, and need not be asked for. Otherwise its place is empty.
if ARGV[2] == '0' and page[1] == '0' and #reply == HEAD + ENTRY then
  local order, signature = order_text(reply[HEAD + 1], tonumber(ARGV[3]))
  if order then reply[4], reply[5] = order, signature end
end
return reply
