local lunette = require "lunette"
local addresses = require "lunette.kit.addresses"
local rhythm = require "lunette.kit.rhythm"
local words = require "lunette.kit.words"

-- Destinations inside one's own network have their own regular life: name look-ups, file shares, broadcasts.
local INSIDE = addresses.is_inside "dst_ip"

local TIME_SERVICE = 123 -- NTP is regular by nature

-- What a pair is: a host with an address and port, or with a name.
local KEYS = { address = { "src_ip", "dst_ip", "dst_port" }, host = { "src_ip", "host" } }

-- The connections to look at, with only the columns that are needed.
local function connections_of(ctx)
  local log, by = ctx.input, ctx.params.by
  if by == "host" and not log:has "host" then error("the log has no column host; use by=address", 0) end
  if by == "address" and not log:has "dst_port" then log = log:derive "dst_port = int(null)" end
  if log:has "event_type" and log:has "flow_id" and by == "address" then log = log:filter "event_type == 'flow'" end
  if not ctx.params.internal then log = log:filter("not coalesce(" .. INSIDE .. ", false)") end
  local columns = table.move(KEYS[by], 1, #KEYS[by], 1, {})
  columns[#columns + 1] = "time"
  columns[#columns + 1] = log:has "bytes_out" and "bytes = bytes_out" or "bytes = int(null)"
  return log:filter("not_null(time) and not_null(src_ip) and " .. (by == "host" and "not_null(host)" or "not_null(dst_ip)"))
    :select(table.unpack(columns))
end

-- Only pairs that meet often enough, for long enough, are looked at connection by connection. Also returns how many pairs
-- there are.
local function candidates_of(connections, params)
  local all = connections:group_by(table.unpack(KEYS[params.by]))
    :agg("n = count()", "span = max(time) - min(time)"):collect()
  return all:filter("n >= $n and span >= $span", { n = params.min_beats, span = params.min_hours * 3600.0 }):collect(), #all
end

-- Hands each pair's sorted times (seconds) and sizes to `each`; the pairs come in order.
local function for_each_pair(rows, keys, each)
  local columns = {}
  for i, name in ipairs(keys) do columns[i] = rows:column(name) end
  local seconds, bytes = rows:column "seconds", rows:column "bytes"
  local from, n = 1, #rows
  local function same(a, b)
    for i = 1, #columns do
      if columns[i][a] ~= columns[i][b] then return false end
    end
    return true
  end
  for i = 2, n + 1 do
    if i > n or not same(from, i) then
      local times, sizes = {}, {}
      for j = from, i - 1 do
        times[#times + 1] = seconds[j]
        if bytes[j] ~= lunette.null then sizes[#sizes + 1] = bytes[j] end
      end
      each(from, times, sizes)
      from = i
    end
  end
end

-- A row of figures per candidate whose score is high enough.
local function measure(ctx, connections, candidates)
  local keys, params = KEYS[ctx.params.by], ctx.params
  local order = table.move(keys, 1, #keys, 1, {})
  order[#order + 1] = "time"
  local rows = connections:semi_join(candidates, keys):sort(table.unpack(order)):derive "seconds = float(time)":collect()
  local names = { "connections", "beats", "score", "interval", "jitter", "steady", "interval_score", "size_score", "bytes" }
  local out = { row = {} }
  for _, name in ipairs(names) do out[name] = {} end
  if #rows == 0 then return nil end
  for_each_pair(rows, keys, function(from, times, sizes)
    local figures = rhythm.measure(times, sizes, params.burst)
    if not figures or figures.beats < params.min_beats or figures.score < params.min_score then return end
    local at = #out.row + 1
    out.row[at] = from
    figures.connections = #times
    for _, name in ipairs(names) do out[name][at] = figures[name] == nil and lunette.null or figures[name] end
  end)
  if #out.row == 0 then return nil end
  for _, name in ipairs(keys) do
    local column = rows:column(name)
    out[name] = {}
    for i, row in ipairs(out.row) do out[name][i] = column[row] end
  end
  out.row = nil
  return lunette.table(out)
end

-- No beacons, with the columns that some would have.
local function none(connections, keys)
  local columns = table.move(keys, 1, #keys, 1, {})
  for _, name in ipairs { "connections", "beats" } do columns[#columns + 1] = name .. " = int(null)" end
  for _, name in ipairs { "interval", "jitter", "score", "steady", "interval_score", "size_score", "bytes" } do
    columns[#columns + 1] = name .. " = float(null)"
  end
  columns[#columns + 1], columns[#columns + 2] = "first_seen = time", "last_seen = time"
  return connections:head(0):select(table.unpack(columns)):collect()
end

local function with_times(beacons, connections, keys)
  local seen = connections:semi_join(beacons, keys):group_by(table.unpack(keys))
    :agg("first_seen = min(time)", "last_seen = max(time)")
  local columns = table.move(keys, 1, #keys, 1, {})
  for _, name in ipairs { "connections", "beats", "interval", "jitter", "score", "steady", "interval_score", "size_score",
    "bytes", "first_seen", "last_seen" } do columns[#columns + 1] = name end
  return beacons:join(seen, keys):sort("-score", "-connections", table.unpack(keys)):select(table.unpack(columns)):collect()
end

local function destination(row)
  if row.host then return row.host end
  return row.dst_port and ("%s:%d"):format(tostring(row.dst_ip), row.dst_port) or tostring(row.dst_ip)
end

local function find(ctx, beacons)
  for row in beacons:head(ctx.params.findings):rows() do
    ctx:finding {
      severity = row.dst_port == TIME_SERVICE and "info" or row.score >= 0.7 and "medium" or "low", chart = "beacons",
      title = ("%s calls %s every %.0f s (score %.2f, %s)"):format(tostring(row.src_ip), destination(row), row.interval,
        row.score, words.count(row.beats, "beat")),
      evidence = beacons:filter("src_ip == $src and score == $score and interval == $interval",
        { src = row.src_ip, score = row.score, interval = row.interval }),
    }
  end
end

-- What the figure counts, and what it doesn't.
local function note_of(params, n, n_candidates, n_pairs)
  local note = "counts " .. words.part(n, n_pairs, "pair of a host and what it calls", {
    { n_pairs - n_candidates, ("with fewer than %s or for less than %g hours"):format(words.count(params.min_beats, "connection"),
      params.min_hours) },
    { n_candidates - n, ("with fewer beats or a score below %g"):format(params.min_score) },
  }, "pairs of a host and what it calls")
  return params.internal and note or note .. "; destinations in private networks aren't looked at"
end

local function report(ctx, beacons, n_candidates, n_pairs)
  ctx:metric { name = "pairs", value = n_candidates, title = "Pairs looked at" }
  ctx:metric { name = "beacons", value = #beacons, title = "Beacons" }
  if #beacons == 0 then ctx:text "No pair of hosts talks regularly enough." end
  ctx:table(beacons, { name = "beacons", title = "Who calls whom regularly", units = { interval = "s", bytes = "B" } })
  ctx:chart { name = "beacons", kind = "scatter", title = "Regular connections", data = beacons, x = "score", y = "interval",
    y_title = "interval (s)", log = true, size = "connections", label = beacons:has "host" and "host" or "dst_ip",
    note = note_of(ctx.params, #beacons, n_candidates, n_pairs) }
  find(ctx, beacons)
end

return {
  api = 1,
  kind = "analysis",
  name = "beacons",
  version = "1.0.0",
  title = "Beacons",
  summary = "Which hosts call the same place at regular intervals, as malware does",
  description = [[
Measures, for each host and the address and port (or name) that it talks to, how regular the connections are.

Connections within `burst` seconds are one beat. `interval` is the median time between beats. A time between two beats is
steady if it is within a fifth of the interval, or of up to ten of them: missed beats don't break the rhythm. `jitter` is the
median deviation, as part of the interval. `interval_score` is 0 for what chance gives and 1 for a clock, `size_score` 1 if
the host always sends as much; `score` is four parts of the one and one of the other. Regular isn't evil: updates, mail and
time services are regular, too (NTP is told as such). Destinations in private networks are left out unless `internal=true`.]],
  categories = { "log", "network", "time" },
  author = "The Lunette authors",
  license = "MIT",
  input = { time = "time", src_ip = "ip", dst_ip = "ip" },
  optional = { dst_port = "int", host = "string", bytes_out = "int" },
  params = {
    by = { type = "string", default = "address", choices = { "address", "host" },
      doc = "What a host calls: an address and port, or a name." },
    min_beats = { type = "int", default = 12, min = 4, doc = "Fewer beats are no rhythm." },
    min_hours = { type = "float", default = 0.5, min = 0, doc = "Leave out pairs that talk for a shorter time." },
    min_score = { type = "float", default = 0.5, min = 0, max = 1, doc = "Show pairs from this score on." },
    burst = { type = "float", default = 5, min = 0, doc = "Connections within so many seconds are one beat." },
    internal = { type = "bool", default = false, doc = "Look at destinations in private networks too." },
    findings = { type = "int", default = 10, min = 0, doc = "Report this many beacons as findings." },
  },
  permissions = {},
  example = { input = "sample-log", expect = { tables = { beacons = 1 }, findings = { "every 301 s" } } },

  run = function(ctx)
    local connections = connections_of(ctx)
    local candidates, n_pairs = candidates_of(connections, ctx.params)
    local keys = KEYS[ctx.params.by]
    local beacons = measure(ctx, connections, candidates)
    report(ctx, beacons and with_times(beacons, connections, keys) or none(connections, keys), #candidates, n_pairs)
  end,
}
