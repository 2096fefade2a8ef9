// What must happen in one step inside Redis, in Lua.
//
// Keys share a hash tag, so that a cluster keeps them on one node. An entry has one field, "d".
#pragma once

namespace temper::streams {

/// KEYS stream, producer, bytes. ARGV record, now in ms, max entries, max bytes, sequence, seconds
/// that a producer is remembered. Answers {0, id}, {1, id of the first one}, or {2, entries, bytes}
/// when full.
inline constexpr const char* kAppendScript = R"lua(
local seen = redis.call('GET', KEYS[2])
if seen then
  local last, id = seen:match('^(%d+) (.+)$')
  if #ARGV[5] < #last or (#ARGV[5] == #last and ARGV[5] <= last) then
    if ARGV[5] == last then return {1, id} end
    return {1, '0-0'}
  end
end
local entries = redis.call('XLEN', KEYS[1])
local bytes = tonumber(redis.call('GET', KEYS[3]) or '0')
if entries >= tonumber(ARGV[3]) or bytes + #ARGV[1] > tonumber(ARGV[4]) then
  return {2, entries, bytes}
end
local id = redis.pcall('XADD', KEYS[1], ARGV[2] .. '-*', 'd', ARGV[1])
if type(id) == 'table' and id.err then
  if not string.find(id.err, 'equal or smaller') then return id end
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then
      id = redis.call('XADD', KEYS[1], info[i + 1]:match('^%d+') .. '-*', 'd', ARGV[1])
    end
  end
end
redis.call('INCRBY', KEYS[3], #ARGV[1])
redis.call('SET', KEYS[2], ARGV[5] .. ' ' .. id, 'EX', ARGV[6])
return {0, id}
)lua";

/// KEYS stream. ARGV group, consumer, entries, max pending. Answers {0, entries, last delivered
/// id}, or {2, pending} above the limit.
inline constexpr const char* kReadScript = R"lua(
local pending = redis.call('XPENDING', KEYS[1], ARGV[1])[1]
local room = tonumber(ARGV[4]) - pending
if room <= 0 then return {2, pending} end
local got = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT',
                       math.min(room, tonumber(ARGV[3])), 'STREAMS', KEYS[1], '>')
local last = '0-0'
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local fields = {}
  for i = 1, #group, 2 do fields[group[i]] = group[i + 1] end
  if fields['name'] == ARGV[1] then last = fields['last-delivered-id'] end
end
if not got or not got[1] then return {0, {}, last} end
return {0, got[1][2], last}
)lua";

/// KEYS stream. ARGV group, ids. Answers how many were pending.
inline constexpr const char* kAcknowledgeScript = R"lua(
redis.call('XPENDING', KEYS[1], ARGV[1])
return redis.call('XACK', KEYS[1], unpack(ARGV))
)lua";

/// KEYS stream. ARGV group, consumer, idle ms, entries. Answers a list of {id, fields, deliveries}.
inline constexpr const char* kClaimScript = R"lua(
local wanted = tonumber(ARGV[4])
local claimed = {}
local cursor = '0-0'
repeat
  local got = redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], cursor, 'COUNT',
                         wanted - #claimed)
  for _, entry in ipairs(got[2]) do
    local pending = redis.call('XPENDING', KEYS[1], ARGV[1], entry[1], entry[1], 1)
    claimed[#claimed + 1] = {entry[1], entry[2], pending[1][4]}
  end
  cursor = got[1]
until cursor == '0-0' or #claimed >= wanted
return claimed
)lua";

/// KEYS stream, bytes. ARGV limit in ms, entries a call. Answers {removed, kept, 1 while there may
/// be more to remove}. Entries that a group has not acknowledged stay, with all younger ones.
inline constexpr const char* kTrimScript = R"lua(
local function before(a, b)
  local am, as = a:match('^(%d+)-(%d+)$')
  local bm, bs = b:match('^(%d+)-(%d+)$')
  am, as, bm, bs = tonumber(am), tonumber(as), tonumber(bm), tonumber(bs)
  return am < bm or (am == bm and as < bs)
end
if redis.call('EXISTS', KEYS[1]) == 0 then return {0, 0, 0} end
local wanted = ARGV[1] .. '-0'
local needed, inclusive = wanted, false
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local fields = {}
  for i = 1, #group, 2 do fields[group[i]] = group[i + 1] end
  if fields['pending'] > 0 then
    local oldest = redis.call('XPENDING', KEYS[1], fields['name'])[2]
    if before(oldest, needed) then needed, inclusive = oldest, false end
  elseif before(fields['last-delivered-id'], needed) then
    needed, inclusive = fields['last-delivered-id'], true
  end
end
local upto = inclusive and needed or '(' .. needed
local old = redis.call('XRANGE', KEYS[1], '-', upto, 'COUNT', ARGV[2])
if #old > 0 then
  local bytes = 0
  for _, entry in ipairs(old) do bytes = bytes + #entry[2][2] end
  local ms, seq = old[#old][1]:match('^(%d+)-(%d+)$')
  redis.call('XTRIM', KEYS[1], 'MINID', '=', ms .. '-' .. string.format('%.0f', tonumber(seq) + 1))
  redis.call('DECRBY', KEYS[2], bytes)
end
if #old == tonumber(ARGV[2]) then return {#old, 0, 1} end
return {#old, #redis.call('XRANGE', KEYS[1], '-', '(' .. wanted, 'COUNT', ARGV[2]), 0}
)lua";

/// KEYS stream, bytes. Answers {entries, bytes, first id, last id ever, group names}.
inline constexpr const char* kInfoScript = R"lua(
if redis.call('EXISTS', KEYS[1]) == 0 then return {0, 0, '0-0', '0-0', {}} end
local info = redis.call('XINFO', 'STREAM', KEYS[1])
local fields = {}
for i = 1, #info, 2 do fields[info[i]] = info[i + 1] end
local first = '0-0'
if type(fields['first-entry']) == 'table' then first = fields['first-entry'][1] end
local names = {}
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do names[#names + 1] = group[2] end
return {fields['length'], tonumber(redis.call('GET', KEYS[2]) or '0'), first,
        fields['last-generated-id'], names}
)lua";

}  // namespace temper::streams
