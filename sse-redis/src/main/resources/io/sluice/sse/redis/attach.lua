-- Returns the epoch of the stream: its number, its name, the last id of the stream, the first one, the process of
-- Redis, and the time of the first entry.
-- Begins a new epoch if entries may have been lost: another Redis process than the one that began the epoch,
-- a stream that is not there, an epoch or an end of the stream before the one that the caller knows, another sequence,
-- or no number left.
-- KEYS: the stream, the hash of the epoch. ARGV: the epoch that the caller knows, a name for a new sequence,
-- the last epoch and the last number that a position can have, the name that the caller knows or an empty text, and the
-- number up to which the caller has read the epoch.
local stream, hash = KEYS[1], KEYS[2]
local known, maxEpoch, maxNumber = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4])
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local kept = redis.call('HMGET', hash, 'number', 'name', 'run')
local number, name = tonumber(kept[1] or '0'), kept[2]

local function lastId()
  if redis.call('EXISTS', stream) == 0 then return nil end
  local info = redis.call('XINFO', 'STREAM', stream)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return info[i + 1] end
  end
end
local function epochOf(id) return tonumber(string.match(id, '^(%d+)-')) end

local last, deleted = lastId(), false
local function delete(from, to)
  local bad = redis.call('XRANGE', stream, from, to, 'COUNT', 1000)
  while #bad > 0 do
    for _, entry in ipairs(bad) do redis.call('XDEL', stream, entry[1]) end
    deleted = true
    bad = redis.call('XRANGE', stream, from, to, 'COUNT', 1000)
  end
end
if last then
  -- Another program may have added an entry with an id that no node can follow, for example with the id *, or with a
  -- number that is too large. Readers would get it again and again.
  delete(string.format('%.0f-0', maxEpoch + 1), '+')
  local from = '-'
  while from do
    local next = redis.call('XRANGE', stream, from, '+', 'COUNT', 1)
    from = nil
    if #next > 0 then
      local epoch = string.match(next[1][1], '^(%d+)-')
      from = string.format('%s-%.0f', epoch, maxNumber + 1)
      delete(from, epoch)
    end
  end
end
if deleted or (last and epochOf(last) > maxEpoch) then
  local top = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)
  last = #top > 0 and top[1][1] or (number .. '-0')
  redis.call('XSETID', stream, last)
  kept[3] = false -- entries may have been deleted with them
end

local lastNumber = last and tonumber(string.match(last, '%-(%d+)$'))
local continues = last and kept[1] and kept[3] == run and number >= known and epochOf(last) == number
  and (number > known -- in a later epoch all is new to the caller anyway
    or ((ARGV[5] == '' or ARGV[5] == name) and lastNumber >= tonumber(ARGV[6])))
  and lastNumber < maxNumber
if not continues then
  number = math.max(number, known, last and epochOf(last) or 0) + 1
  if number > maxEpoch then return redis.error_reply('ERR no epoch is left: give the hub another name') end
  name = name or ARGV[2]
  last = number .. '-0'
  redis.call('XADD', stream, last, 'v', '1', 'epoch', name, 'run', run)
  redis.call('HSET', hash, 'number', number, 'name', name, 'run', run)
end
local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
local time = ''
if first then
  for i = 1, #first[2], 2 do
    if first[2][i] == 't' then time = first[2][i + 1] end
  end
end
return {tostring(number), name, last, first and first[1] or '', run, time}
