#!lua
-- ask: a question to at most 50 hosts; asking the same id again adds hosts. It changes nothing on any host.
-- keys:    meta
-- args:    ask kind lasts_ms hosts(joined by +), then the question: field value
-- replies: ok | version <contract>
-- events:
-- include: fleet
local id, kind = ARGV[1], ARGV[2]
local version = redis.call('HGET', KEYS[1], 'v')
if version and version ~= '1' then return { 'version', version } end
local deadline = NOW + tonumber(ARGV[3])
if redis.call('EXISTS', key('ask:' .. id)) == 0 then
  local entry = { 'v', '1', 'kind', kind, 'until', int(deadline) }
  for n = 5, #ARGV do entry[#entry + 1] = ARGV[n] end
  redis.call('XADD', key('ask:' .. id), '*', unpack(entry))
  -- Kept a minute longer, so that a late answer finds its question and is not taken for a new one.
  timer('ask', id, '', deadline + 60000)
end
for host in string.gmatch(ARGV[4], '[^+]+') do
  append('commands:' .. host, 'MINID', '~', int(NOW - 86400000), '*', 'v', '1', 'op', 'ask', 'kind', kind,
    'ask', id, 'until', int(deadline))
end
return { 'ok' }
