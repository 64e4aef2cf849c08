#!lua flags=no-writes
-- page: a part of a stream, behind a place. What is long is cut, so that nobody's entry costs a reader more than a page.
-- keys:    meta
-- args:    stream(the whole key) cursor(the last entry that was read; empty: none; $: reads nothing, tells the end) entries
-- replies: ok <cursor> <left: 1 when more entries follow> [<id> <number of fields> [<name> <value>]...]...
-- events:
-- include:
local STREAM, CURSOR = ARGV[1], ARGV[2]
local ENTRIES, BYTES, FIELDS, VALUE = tonumber(ARGV[3]), 262144, 40, 16384

-- Ids are compared as texts: their numbers go beyond what Lua's hold.
local function less(a, b)
  if #a ~= #b then return #a < #b end
  return a < b
end
local function precedes(left, right)
  local ms, seq = string.match(left, '^(%d+)-(%d+)$')
  local other_ms, other_seq = string.match(right, '^(%d+)-(%d+)$')
  if ms ~= other_ms then return less(ms, other_ms or '') end
  return less(seq, other_seq)
end

local newest = (redis.call('XREVRANGE', STREAM, '+', '-', 'COUNT', '1')[1] or {})[1]
if CURSOR == '$' then return { 'ok', newest or '0-0', '0' } end
if not newest or newest == CURSOR then return { 'ok', CURSOR, '0' } end
-- An end before the place that was read: the stream was deleted and began anew.
local from = (CURSOR == '' or precedes(newest, CURSOR)) and '-' or '(' .. CURSOR
local reply, bytes = { 'ok', CURSOR, '0' }, 0
for _ = 1, ENTRIES do
  -- One by one: a hundred entries of a megabyte must not be copied to give the first.
  local entry = redis.call('XRANGE', STREAM, from, '+', 'COUNT', '1')[1]
  if not entry then break end
  local id, fields = entry[1], entry[2]
  local count = math.min(#fields / 2, FIELDS)
  reply[2] = id
  reply[#reply + 1] = id
  reply[#reply + 1] = tostring(count)
  for n = 1, #fields do
    bytes = bytes + #fields[n]
    if n <= 2 * count then reply[#reply + 1] = string.sub(fields[n], 1, VALUE) end
  end
  reply[3] = id == newest and '0' or '1'
  if id == newest or bytes > BYTES then break end
  from = '(' .. id
end
return reply
