-- The hold: Redis may not know what it granted. For the time of a lease nothing new is granted, and no timer speaks for a host
-- that could not be heard; what was granted before runs out meanwhile by the hosts' own clocks.
local CLOCK_SLACK_MS = 2000
-- Asked here, not told by the caller: what a caller knows of the server may be older than the server.
local RUN_ID = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local memory = redis.call('HMGET', KEYS[1], 'run_id', 'last_beat', 'hold_until', 'hold_cause')
local LAST_BEAT = tonumber(memory[2] or '')

-- Why Redis may have forgotten something since the last beat that it remembers, or nil.
local function doubt()
  if not memory[1] or not LAST_BEAT then return 'memory' end
  if memory[1] ~= RUN_ID then return 'restart' end
  if NOW + CLOCK_SLACK_MS < LAST_BEAT then return 'clock' end
  if NOW - LAST_BEAT > setting('away_ms') then return 'away' end
  return nil
end
local DOUBT = doubt()

-- Until when nothing is granted, and why; nil when there is no hold. A doubt is one before any beat has written it down, and no
-- hold is longer than a lease, whatever stands there or the clock did.
local function hold()
  local longest = NOW + setting('lease_ttl_ms')
  if DOUBT then return longest, DOUBT end
  local ends = tonumber(memory[3] or '') or 0
  if ends <= NOW then return nil end
  return math.min(ends, longest), memory[4] or ''
end

local function due_timers() return int(redis.call('ZCOUNT', key('timers'), '-inf', int(NOW))) end
