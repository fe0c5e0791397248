-- Shows that Redis takes writes. Returns the number and the name of the epoch, the last id of the stream, its first id,
-- and the time of its first entry, or of the next one that has a time; an empty text for what is not there.
-- KEYS: the stream, the hash of the epoch, the key of this node. ARGV: the name of this node, its lifetime in ms.
redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[2])
local kept = redis.call('HMGET', KEYS[2], 'number', 'name')
local last = ''
if redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = info[i + 1] end
  end
end
local entries = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 16)
local first = entries[1]
local time = ''
for _, entry in ipairs(entries) do
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 't' and time == '' then time = entry[2][i + 1] end
  end
end
return {kept[1] or '', kept[2] or '', last, first and first[1] or '', time}
