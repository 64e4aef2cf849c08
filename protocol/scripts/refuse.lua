#!lua flags=allow-oom
-- refuse: the host does not take what is dispatched to it; nothing was begun, and each of its targets ends as refused.
-- keys:    meta
-- args:    id host op attempt rule error
-- replies: ok | closed <state> | unknown
-- events:  verdict, job ended, and what settling brings
-- include: fleet states rollout dispatch settle job
local no = refusal('report')
if no then return no end
if STATE ~= 'dispatched' then return { 'closed', STATE } end
give_verdict(ID, HOST, 'refused', 'admit', ARGV[5], ARGV[6])
return { 'ok' }
