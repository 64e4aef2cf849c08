-- The text and the signature of an order; nil, nil and its bytes when it is longer than `most`, 0 of them when there is none.
-- The bytes are asked for before it is read: nobody's entry costs a host more than an order does.
local function order_text(id, most)
  local name = rollout_key(id)
  local text = redis.call('HSTRLEN', name, 'order')
  if text == 0 then return nil, nil, 0 end
  local bytes = text + redis.call('HSTRLEN', name, 'signature')
  if bytes > most then return nil, nil, bytes end
  local values = redis.call('HMGET', name, 'order', 'signature')
  return values[1], values[2] or ''
end
