-- Trims entries that are too old: about those before the first one that is young enough, as entries have times that
-- rise. The last entry of the stream stays. An entry without a time is as old as the next one that has a time, and young
-- if there is none among the next ones.
-- KEYS: the stream. ARGV: the time in milliseconds since 1970 before which entries are too old, the last number that a
-- position can have.
local stream, limit = KEYS[1], tonumber(ARGV[1])
local function look(id)
  local entries = redis.call('XRANGE', stream, id, '+', 'COUNT', 16)
  for _, entry in ipairs(entries) do
    for i = 1, #entry[2], 2 do
      if entry[2][i] == 't' then return entries[1], (tonumber(entry[2][i + 1]) or 0) < limit end
    end
  end
  return entries[1], false
end
local function numberOf(entry) return tonumber(string.match(entry[1], '%-(%d+)$')) end

local first, firstIsOld = look('-')
if not first or not firstIsOld then return 0 end
local epoch = string.match(first[1], '^(%d+)-')
local last = redis.call('XREVRANGE', stream, epoch .. '-' .. ARGV[2], '-', 'COUNT', 1)[1]
local old, young = numberOf(first), numberOf(last)
local _, lastIsOld = look(last[1])
if lastIsOld and redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1][1] ~= last[1] then
  young = young + 1 -- a later epoch follows, so all of this one can go
end
while young - old > 1 do
  local middle = math.floor((old + young) / 2)
  local entry, isOld = look(string.format('%s-%.0f', epoch, middle))
  if string.match(entry[1], '^(%d+)-') == epoch and isOld then
    old = math.max(middle, numberOf(entry))
  else
    young = middle
  end
end
return redis.call('XTRIM', stream, 'MINID', '~', string.format('%s-%.0f', epoch, young))
