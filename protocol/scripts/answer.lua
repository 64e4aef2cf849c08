#!lua
-- answer: one entry of a host's answer to a question that still stands.
-- keys:    meta
-- args:    ask host, then the answer: field value
-- replies: ok | closed
-- events:
-- include: fleet
local question = key('ask:' .. ARGV[1])
local length = redis.call('XLEN', question)
if length == 0 or length > 20000 then return { 'closed' } end
local entry = { 'host', ARGV[2] }
for n = 3, #ARGV do entry[#entry + 1] = ARGV[n] end
redis.call('XADD', question, '*', unpack(entry))
return { 'ok' }
