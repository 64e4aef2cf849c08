#!lua flags=no-writes
-- order: the text and the signature of an order, unless they are longer than any order is.
-- keys:    meta
-- args:    id bytes(of both together at most)
-- replies: ok <order> <signature> | missing | too_long <bytes>
-- events:
-- include: fleet text
local order, signature, bytes = order_text(ARGV[1], tonumber(ARGV[2]))
if order then return { 'ok', order, signature } end
if bytes > 0 then return { 'too_long', int(bytes) } end
return { 'missing' }
