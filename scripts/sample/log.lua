-- Builds the sample log: one day of an invented network's connections as Zeek writes them. Most of it is everyday traffic;
-- one host calls a QakBot server of the sample feed every five minutes, another one a Cobalt Strike server now and then.

local log = {}

local DAY = 1637539200   -- 2021-11-22, as seconds since 1970
local SECOND = 1000000   -- times are microseconds of the day here
local N_HOSTS = 30       -- 10.20.0.11 and on
local N_SERVERS = 60     -- 203.0.113.1 and on, the first ones the most popular
local INFECTED, BEATEN = 17, 23

local HEADER = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
  .. "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\torig_bytes\tresp_bytes\n"
  .. "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tinterval\tcount\tcount\n"

-- The address and port of the newest IOC of a family that was first seen before the log's day.
local function server_of(lines, family)
  for _, line in ipairs(lines) do
    local seen, address, port = line:match '^"(%d+%-%d+%-%d+)[^"]*", "%d+", "(%d+%.%d+%.%d+%.%d+):(%d+)"'
    if seen and seen < "2021-11-22" and line:find('"' .. family .. '"', 1, true) then return address, port end
  end
  error("the feed has no " .. family)
end

local function add(rows, random, at, host, address, port, sent)
  rows[#rows + 1] = { at = at, host = host, address = address, port = port, sent = sent, order = #rows,
    source_port = random:between(49152, 65535), duration = random:between(20000, 4 * SECOND),
    received = random:between(200, 60000) }
end

local function add_everyday(rows, random)
  for host = 1, N_HOSTS do
    for _ = 1, random:between(40, 90) do
      local server = 1 + random:below(1 + random:below(N_SERVERS))
      local at = random:between(8 * 3600, 18 * 3600) * SECOND + random:below(SECOND)
      add(rows, random, at, host, "203.0.113." .. server, server % 5 == 0 and "80" or "443", random:between(300, 9000))
    end
  end
end

local function add_calls(rows, random, lines)
  local address, port = server_of(lines, "QakBot")
  for beat = 0, 107 do -- from nine to six; one of ten is missed
    local at = (9 * 3600 + 300 * beat + random:between(-12, 12)) * SECOND + random:below(SECOND)
    if not random:chance(10) then add(rows, random, at, INFECTED, address, port, 412) end
  end
  address, port = server_of(lines, "Cobalt Strike")
  for _ = 1, 6 do
    add(rows, random, random:between(10 * 3600, 17 * 3600) * SECOND, BEATEN, address, port, random:between(500, 5000))
  end
end

---The text of the log.
---@param random sample.prng
---@param lines string[] the feed's rows, the newest first
---@return string
function log.build(random, lines)
  local rows, out = {}, { HEADER }
  add_everyday(rows, random)
  add_calls(rows, random, lines)
  table.sort(rows, function(a, b)
    if a.at ~= b.at then return a.at < b.at end
    return a.order < b.order
  end)
  for i, row in ipairs(rows) do
    out[#out + 1] = ("%d.%06d\tC%05d\t10.20.0.%d\t%d\t%s\t%s\ttcp\t%d.%06d\t%d\t%d\n"):format(DAY + row.at // SECOND,
      row.at % SECOND, i, 10 + row.host, row.source_port, row.address, row.port, row.duration // SECOND,
      row.duration % SECOND, row.sent, row.received)
  end
  out[#out + 1] = "#close\t2021-11-23-00-00-00\n"
  return table.concat(out)
end

return log
