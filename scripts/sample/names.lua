-- Builds the sample's second log: one day of an invented network's look-ups as Zeek writes them. Most of it is everyday; one host
-- asks for names that a program made up, most of which don't exist, another one carries data out in names. All names end in
-- .example or .test, which nobody has.

local names = {}

local DAY = 1637539200   -- 2021-11-22, as seconds since 1970
local SECOND = 1000000   -- times are microseconds of the day here
local N_HOSTS = 30       -- 10.20.0.11 and on
local SEARCHING, LEAKING = 9, 14
local SERVER = "10.20.0.2"

local HEADER = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n"
  .. "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\tqtype_name\trcode\trcode_name\n"
  .. "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tstring\tcount\tstring\n"

local FIRST = { "blue", "silver", "river", "stone", "garden", "north", "market", "cloud", "paper", "winter", "orchard", "harbour",
  "meadow", "copper", "candle", "summit", "violet", "anchor", "maple", "timber" }
local SECOND_WORDS = { "news", "bank", "mail", "shop", "weather", "travel", "media", "games", "music", "books", "office", "health",
  "sports", "maps", "photos", "tools", "school", "jobs", "radio", "kitchen" }
local HOSTS = { "www", "mail", "api", "cdn", "static", "login", "img", "update" }

local function letters(random, alphabet, n)
  local out = {}
  for i = 1, n do
    local at = random:between(1, #alphabet)
    out[i] = alphabet:sub(at, at)
  end
  return table.concat(out)
end

local function add(rows, random, at, host, name, kind, fails)
  rows[#rows + 1] = { at = at, host = host, name = name, kind = kind, fails = fails, order = #rows,
    port = random:between(49152, 65535) }
end

local function add_everyday(rows, random)
  for host = 1, N_HOSTS do
    for _ = 1, random:between(30, 60) do
      local site = FIRST[1 + random:below(1 + random:below(#FIRST))] .. SECOND_WORDS[1 + random:below(1 + random:below(#SECOND_WORDS))]
      add(rows, random, random:between(8 * 3600, 18 * 3600) * SECOND + random:below(SECOND), host,
        HOSTS[1 + random:below(#HOSTS)] .. "." .. site .. ".example", "A", random:chance(50))
    end
  end
end

local function add_search(rows, random)
  local start = 11 * 3600 + 20 * 60
  for i = 1, 80 do
    add(rows, random, (start + i * 4) * SECOND + random:below(SECOND), SEARCHING,
      letters(random, "abcdefghijklmnopqrstuvwxyz", random:between(9, 16)) .. ".test", "A", i % 27 ~= 0)
  end
end

local function add_leak(rows, random)
  for i = 1, 220 do
    add(rows, random, (13 * 3600 + i * 7) * SECOND + random:below(SECOND), LEAKING,
      letters(random, "abcdefghijklmnopqrstuvwxyz234567", 44) .. ".s" .. i .. ".lantern-relay.example", "TXT", false)
  end
end

---The text of the log.
---@param random sample.prng
---@return string
function names.build(random)
  local rows, out = {}, { HEADER }
  add_everyday(rows, random)
  add_search(rows, random)
  add_leak(rows, random)
  table.sort(rows, function(a, b)
    if a.at ~= b.at then return a.at < b.at end
    return a.order < b.order
  end)
  for i, row in ipairs(rows) do
    out[#out + 1] = ("%d.%06d\tD%05d\t10.20.0.%d\t%d\t%s\t53\tudp\t%s\t%s\t%s\n"):format(DAY + row.at // SECOND, row.at % SECOND, i,
      10 + row.host, row.port, SERVER, row.name, row.kind, row.fails and "3\tNXDOMAIN" or "0\tNOERROR")
  end
  out[#out + 1] = "#close\t2021-11-23-00-00-00\n"
  return table.concat(out)
end

return names
