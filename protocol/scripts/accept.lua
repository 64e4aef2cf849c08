#!lua
-- accept: the host has admitted the order and written it down; the accept timer ends, the silence timer begins.
-- keys:    meta
-- args:    id host op attempt
-- replies: ok | closed <state> | unknown
-- events:  job accepted
-- include: fleet states rollout job
local no = refusal('accept')
if no then return no end
if STATE == 'accepted' then return { 'ok' } end
redis.call('HDEL', key('pending:' .. HOST), ID .. '/' .. OP .. '/' .. ATTEMPT)
cancel('accept', ID, HOST)
sign_of_life()
move_job(ID, HOST, STATES.job[STATE].accept, '')
return { 'ok' }
