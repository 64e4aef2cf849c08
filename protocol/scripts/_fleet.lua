-- What every script shares: key names, the server's clock, settings, events, audit.
-- All keys share the hash tag of KEYS[1] ({qt:<fleet>}:meta), so every name below lies in its slot.
local PREFIX = string.sub(KEYS[1], 1, -5)
local function key(name) return PREFIX .. name end
local function rollout_key(id) return key('rollout:' .. id) end
local function targets_key(id) return key('rollout:' .. id .. ':targets') end
-- Another type under this name raises here, before the first write of any script.
redis.call('ZCARD', key('timers'))

-- One TIME per script: two calls within one script may differ.
local time = redis.call('TIME')
local NOW_US = tonumber(time[1]) * 1000000 + tonumber(time[2])
local NOW = math.floor(NOW_US / 1000)
-- %.0f: tostring would write large numbers with an exponent.
local function int(number) return string.format('%.0f', number) end

-- RFC 3339 in UTC for people; the calendar by Howard Hinnant's civil-from-days.
local function stamp(ms)
  local s = math.floor(ms / 1000)
  local z = math.floor(s / 86400) + 719468
  local era = math.floor(z / 146097)
  local doe = z - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local month = mp < 10 and mp + 3 or mp - 9
  return string.format('%04d-%02d-%02dT%02d:%02d:%02d.%03dZ', yoe + era * 400 + (month <= 2 and 1 or 0), month,
    doy - math.floor((153 * mp + 2) / 5) + 1, math.floor(s / 3600) % 24, math.floor(s / 60) % 60, s % 60, ms % 1000)
end

-- Times of the fleet in milliseconds; an operator may set a field of that name in meta.
local DEFAULTS = {
  accept_ms = 30000, lease_ttl_ms = 30000, silence_ms = 45000, unknown_ms = 600000, host_down_ms = 90000,
  away_ms = 10000, kept = 200, kept_ms = 7776000000,
}
local function setting(name)
  return tonumber(redis.call('HGET', KEYS[1], name) or DEFAULTS[name]) or DEFAULTS[name]
end

local function timer(kind, id, host, due) redis.call('ZADD', key('timers'), int(due), kind .. '/' .. id .. '/' .. host) end
local function cancel(kind, id, host) redis.call('ZREM', key('timers'), kind .. '/' .. id .. '/' .. host) end

-- Streams are for people and for waking up; none decides anything. One that takes no entry (another type under its name,
-- its ids used up) must not stop a transition halfway: meta tells of it, and the transition goes on.
local function append(name, ...)
  local entry = redis.pcall('XADD', key(name), ...)
  if type(entry) == 'table' then redis.call('HSET', KEYS[1], 'stream_error', name .. ': ' .. entry.err) end
end

-- One line of what a follower draws.
local function event(id, kind, host, service, step, state, ms, detail)
  append('rollout:' .. id .. ':events', 'MAXLEN', '~', '50000', '*', 'v', '1', 'kind', kind,
    'host', host, 'service', service, 'step', step, 'state', state, 'ms', ms, 'detail', detail)
end

-- One entry of the audit; prev is the sha1 of the entry before, which finds gaps and accidents (not a forger).
local AUDIT_BOUND, AUDIT_CUT = 1000000, 1000
local function append_audit(fields)
  local seq = int(redis.call('HINCRBY', KEYS[1], 'audit_seq', 1))
  local prev = redis.call('HGET', KEYS[1], 'audit_last') or ''
  local entry = { 'v', '1', 'seq', seq, 'at', stamp(NOW) }
  for _, name in ipairs({ 'kind', 'operator', 'reason', 'rollout', 'host', 'service', 'from', 'to', 'detail' }) do
    entry[#entry + 1] = name
    entry[#entry + 1] = fields[name] or ''
  end
  entry[#entry + 1] = 'prev'
  entry[#entry + 1] = prev
  append('audit', '*', unpack(entry))
  redis.call('HSET', KEYS[1], 'audit_last', redis.sha1hex(table.concat(entry, '\n')))
end
local function audit(fields)
  local length = redis.pcall('XLEN', key('audit'))
  if type(length) == 'number' and length >= AUDIT_BOUND then
    local oldest = redis.call('XRANGE', key('audit'), '-', '+', 'COUNT', AUDIT_CUT + 1)
    append_audit({ kind = 'gap', from = oldest[1][1], to = oldest[AUDIT_CUT][1], detail = int(AUDIT_CUT) })
    redis.call('XTRIM', key('audit'), 'MINID', oldest[AUDIT_CUT + 1][1])
  end
  append_audit(fields)
end
