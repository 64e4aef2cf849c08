#!lua
-- stage: a part of the hosts of a large order, looked at and laid ready for submit, so that no call takes long. What is not
-- submitted within a minute goes by itself.
-- keys:    meta
-- args:    id number(of the first host here, from 1) fleet, then per host: host services(joined by +)
-- replies: ok | incomplete | version <contract> | other_fleet <fleet> | not_enrolled <host> |
--          drained <host> <operator> <reason> | down <host> <beat_ms> <server_ms>
-- events:
-- include: fleet order
local FIRST_HOST, LASTS_MS = 4, 60000
local id, number = ARGV[1], tonumber(ARGV[2])
-- Taken before: submit says so.
if redis.call('EXISTS', rollout_key(id)) == 1 then return { 'ok' } end
local no = contract_refusal(ARGV[3])
if no then return no end
local name = key('staged:' .. id)
local found = redis.call('HMGET', name, unpack(STAGED))
-- A part that does not follow the one before, or whose fleet has changed since: all of it again.
if number > 1 and (tonumber(found[1] or '') ~= number - 1 or found[3] ~= members()) then return { 'incomplete' } end
local list = {}
if number > 1 then
  for service in string.gmatch(found[2], '[^+]+') do list[#list + 1] = service end
end
no = host_refusal(FIRST_HOST, list)
if no then return no end
if number == 1 then redis.call('DEL', name) end
write_hosts(name, FIRST_HOST, number)
redis.call('HSET', name, STAGED[1], int(number - 1 + (#ARGV - FIRST_HOST + 1) / 2), STAGED[2], table.concat(list, '+'),
  STAGED[3], members())
redis.call('PEXPIRE', name, LASTS_MS)
return { 'ok' }
