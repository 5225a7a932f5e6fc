-- Builds the sample's rows: per family the days, places and ports of its IOCs, then ids and words, newest first.

local prng = require "prng"

local feed = {}

local FIRST_DAY = 1615161600 -- 2021-03-08, a Monday, as seconds since 1970
local N_DAYS = 274           -- up to 2021-12-06
local DAY = 86400
-- Days from 2021-03-08 to the first of each month.
local MONTH_STARTS = { [3] = -7, [4] = 24, [5] = 54, [6] = 85, [7] = 115, [8] = 146, [9] = 177, [10] = 207, [11] = 238,
  [12] = 268 }
local LAST_SECOND = N_DAYS * DAY - 11513 -- the export was made in the evening of its last day
local FIRST_ID = 4021

-- Reporters: name, how often, confidence levels, where their references lead (%d is a number).
local REPORTERS = {
  { "grey_heron", 30, "100*70 75*30", "https://sandbox.example.com/tasks/%d" },
  { "c2_census", 24, "100*60 75*25 50*15", "https://census.example.org/hosts/%d" },
  { "tidepool", 14, "75*60 50*40", "https://notes.example.net/status/%d" },
  { "pcap_gardener", 12, "100*80 90*20", "https://captures.example.com/%d/" },
  { "northlight_soc", 9, "50*70 75*20 25*10", nil },
  { "sample_mill", 8, "100*90 80*10", "https://samples.example.invalid/sample/%d/" },
  { "anonymous", 3, "50*60 25*30 100*10", nil },
}

---Reads "item*weight item*weight …".
---@param text string
---@return {items: string[], ends: integer[], total: integer}
local function parse_choice(text)
  local items, weights = {}, {}
  for item, weight in text:gmatch "(%S+)%*(%d+)" do
    items[#items + 1], weights[#weights + 1] = item, math.tointeger(weight)
  end
  return prng.weighted(items, weights)
end

---"MM-DD" as days after the first one.
local function day_of(text)
  local month, day = text:match "(%d+)-(%d+)"
  return MONTH_STARTS[math.tointeger(month)] + math.tointeger(day) - 1
end

---How likely each day is for a family: its level of that time, halved at weekends.
local function day_choice(text)
  local starts = parse_choice(text)
  local days, weights, step = {}, {}, 0
  for day = 0, N_DAYS - 1 do
    while starts.items[step + 1] and day_of(starts.items[step + 1]) <= day do step = step + 1 end
    local level = starts.ends[step] - (starts.ends[step - 1] or 0)
    days[day + 1], weights[day + 1] = day, level * (day % 7 < 5 and 2 or 1)
  end
  return prng.weighted(days, weights)
end

local function pick_port(random, choice)
  local item = random:choose(choice)
  local low, high = item:match "^(%d+)-(%d+)$"
  if low then return random:between(math.tointeger(low), math.tointeger(high)) end
  return math.tointeger(item)
end

---What kind of place each of a family's `n` IOCs lies on, in random order.
local function kinds_of_places(random, family, n)
  local kinds = {}
  local function add(kind, count)
    for _ = 1, count or 0 do kinds[#kinds + 1] = kind end
  end
  add("exit", family.exit)
  add("kin", family.kin and family.kin[2])
  add("flood", family.flood)
  add("v6", family.v6)
  while #kinds < n do
    local roll, shared = random:below(100), family.shared or 0
    add(roll < shared and "cheap" or roll < shared + (family.tunnel or 0) and "tunnel" or "own", 1)
  end
  for i = n, 2, -1 do
    local j = 1 + random:below(i)
    kinds[i], kinds[j] = kinds[j], kinds[i]
  end
  return kinds
end

---Host and port for one IOC.
local function place(random, where, family, kind)
  if kind == "tunnel" then return where:tunnel(random), random:between(10000, 19999) end
  if kind == "flood" then return where:flood(random, family), random:between(1024, 65535) end
  local port = pick_port(random, family.port_choice)
  if kind == "cheap" then return where:cheap_host(random), port end
  if kind == "exit" then return where.exit(), random:between(1024, 65535) end
  if kind == "kin" then return where:of_family(random, family.kin[1]), port end
  if kind == "v6" then return where.v6(random), port end
  return where:own(random, family), port
end

---A time within the sample for every IOC of a family, in order.
local function times(random, family, n)
  local list = {}
  for i = 1, n do
    local day = random:choose(family.day_choice)
    list[i] = day * DAY + random:below(math.min(DAY, LAST_SECOND - day * DAY))
  end
  table.sort(list)
  return list
end

---Adds a family's IOCs to `rows`; the same `ip:port` comes once per family.
local function add_family(rows, random, where, family, n, n_payload)
  local seen, kinds, list = {}, kinds_of_places(random, family, n + n_payload), times(random, family, n + n_payload)
  local payload_left = n_payload
  for i, second in ipairs(list) do
    local ioc
    repeat
      local host, port = place(random, where, family, kinds[i])
      if seen[host .. ":" .. port] then port = random:between(1024, 65535) end
      ioc = host .. ":" .. port
    until not seen[ioc]
    seen[ioc] = true
    local payload = random:below(#list - i + 1) < payload_left
    if payload then payload_left = payload_left - 1 end
    rows[#rows + 1] = { second = second, order = #rows, ioc = ioc, family = family, payload = payload }
  end
end

---Parses a family's lists once.
local function prepare(family)
  family.port_choice = parse_choice(family.ports)
  family.net_choice = parse_choice(family.nets)
  family.day_choice = day_choice(family.days)
  family.tag_choice = parse_choice(family.tags)
end

local day_texts = {}

local function time_text(second)
  local day = second // DAY
  local text = day_texts[day]
  if not text then
    text = os.date("!%Y-%m-%d ", FIRST_DAY + day * DAY) --[[@as string]]
    day_texts[day] = text
  end
  second = second % DAY
  return ("%s%02d:%02d:%02d"):format(text, second // 3600, second // 60 % 60, second % 60)
end

---Empty in four of five rows; rarely before the first sighting, as in real exports.
local function last_seen(random, second)
  local roll = random:below(1000)
  if roll >= 200 then return "" end
  if roll < 4 then return time_text(second - random:between(1, second > DAY and DAY or 1)) end
  local room = math.min(LAST_SECOND - second, random:below(30 * DAY))
  return time_text(second + random:below(1 + room))
end

local function tags(random, family)
  local list, extra = {}, random:choose(family.tag_choice)
  if family.tag ~= "None" then list[1] = family.tag end
  if random:chance(45) then list[#list + 1] = extra end
  if random:chance(8) then list[#list + 1] = "c2" end
  if #list == 0 then return "None" end
  return table.concat(list, ",")
end

local function reporter_choice()
  local list, weights = {}, {}
  for i, reporter in ipairs(REPORTERS) do
    list[i] = { name = reporter[1], confidence = parse_choice(reporter[3]), reference = reporter[4] }
    weights[i] = reporter[2]
  end
  return prng.weighted(list, weights)
end

local ROW = '"%s", "%d", "%s", "ip:port", "%s", "%s", "%s", "%s", "%s", "%s", "%s", "%s", "%s", "%s", "%s"'

---The feed's lines, oldest first.
local function format_rows(random, rows)
  local reporters, id, lines = reporter_choice(), FIRST_ID, {}
  for i, row in ipairs(rows) do
    id = id + random:between(1, 19)
    local family, reporter = row.family, random:choose(reporters)
    local reference = random:chance(35) and reporter.reference
    lines[i] = ROW:format(time_text(row.second), id, row.ioc, row.payload and "payload_delivery" or "botnet_cc",
      family.key, family.alias, family.name, last_seen(random, row.second), random:choose(reporter.confidence),
      random:chance(2) and "True" or "False", reference and reference:format(100000 + id * 7) or "None",
      tags(random, family), reporter.name == "anonymous" and "1" or "0", reporter.name)
  end
  return lines
end

---The lines of the sample, newest first.
---@param random sample.prng
---@param families table[] see families.lua
---@param where table places to put IOCs on
---@param n_rows integer
---@return string[] lines
---@return string updated when the export was made
function feed.build(random, families, where, n_rows)
  local rest = n_rows
  for _, family in ipairs(families) do
    rest = rest - (family.payload or 0) - (family.rows == "rest" and 0 or family.rows)
  end
  local rows = {}
  for _, family in ipairs(families) do
    prepare(family)
    local n = family.rows == "rest" and rest or family.rows
    add_family(rows, random:fork(family.key), where, family, n, family.payload or 0)
  end
  table.sort(rows, function(a, b)
    if a.second ~= b.second then return a.second < b.second end
    return a.order < b.order
  end)
  local lines = format_rows(random:fork "words", rows)
  for i = 1, #lines // 2 do lines[i], lines[#lines + 1 - i] = lines[#lines + 1 - i], lines[i] end
  return lines, time_text(LAST_SECOND + 93)
end

return feed
