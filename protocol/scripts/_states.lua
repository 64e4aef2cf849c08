-- The transition table, made from protocol/states.tsv by protocol/make-states.
-- STATES[machine][state][event] is the new state; what is missing is refused.
local STATES = {
  job = {
    waiting = { dispatch = 'dispatched', skip = 'ended' },
    dispatched = { accept = 'accepted', report = 'ended', accept_timeout = 'ended' },
    accepted = { accept = 'accepted', claim = 'claimed', renew = 'accepted', report = 'ended', silence = 'ended' },
    claimed = { claim = 'claimed', renew = 'claimed', report = 'ended', silence = 'silent' },
    silent = { claim = 'claimed', renew = 'claimed', report = 'ended', give_up = 'ended' },
    ended = { report = 'ended' },
  },
  rollout = {
    queued = { begin = 'running', expire = 'expired', abort = 'aborted' },
    running = { too_many_failures = 'halting', expire = 'halting', soak = 'soaking', pause = 'paused', abort = 'aborting', all_good = 'succeeded', some_failed = 'failed' },
    soaking = { soaked = 'running', too_many_failures = 'halting', expire = 'halting', pause = 'paused', abort = 'aborting' },
    paused = { resume = 'running', too_many_failures = 'halting', expire = 'halting', abort = 'aborting' },
    halting = { all_good = 'succeeded', drained = 'failed', drained_expired = 'expired', drained_reverted = 'reverted', abort = 'aborting' },
    aborting = { drained = 'aborted' },
    failed = { retry = 'running' },
    aborted = { retry = 'running' },
    expired = {},
    succeeded = {},
    reverted = {},
  },
}
