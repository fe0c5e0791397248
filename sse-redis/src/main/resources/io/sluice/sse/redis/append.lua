-- Adds events next to each other. An event whose publisher chose an id that is known already is marked as a duplicate.
-- KEYS: the stream, then a key for each chosen id. ARGV: the id for XADD, about how many entries to keep, how long to
-- remember a chosen id in milliseconds, how many events; then for each event its first topic, 1 if it has a chosen id,
-- how many texts follow, and the names and values of its fields.
local stream = KEYS[1]
if redis.call('EXISTS', stream) == 0 then return 0 end
local at, key = 5, 2
for _ = 1, tonumber(ARGV[4]) do
  local topic, chosen, count = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  local fields = {}
  for i = 1, count do fields[i] = ARGV[at + 2 + i] end
  at = at + 3 + count
  local newKey
  if chosen == '1' then
    local earlier = redis.call('GET', KEYS[key])
    if earlier then
      fields[#fields + 1] = 'duplicate'
      fields[#fields + 1] = earlier
    else
      newKey = KEYS[key]
    end
    key = key + 1
  end
  redis.call('XADD', stream, 'MAXLEN', '~', ARGV[2], ARGV[1], unpack(fields))
  -- Redis takes nothing back if XADD fails, and an id of a refused event must stay free for the next attempt.
  if newKey then redis.call('SET', newKey, topic, 'PX', ARGV[3]) end
end
return 1
