#!lua flags=no-writes
-- order: the text and the signature of an order, unless they are longer than any order is.
-- keys:    meta
-- args:    id bytes(of both together at most)
-- replies: ok <order> <signature> | missing | too_long <bytes>
-- events:
-- include: fleet
local NAME = rollout_key(ARGV[1])
local text = redis.call('HSTRLEN', NAME, 'order')
if text == 0 then return { 'missing' } end
-- Asked before it is read: nobody's entry costs a host more than an order does.
local bytes = text + redis.call('HSTRLEN', NAME, 'signature')
if bytes > tonumber(ARGV[2]) then return { 'too_long', int(bytes) } end
local values = redis.call('HMGET', NAME, 'order', 'signature')
return { 'ok', values[1], values[2] or '' }
