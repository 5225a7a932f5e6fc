-- The analysis beacons: what it makes of series whose rhythm is known, and of a capture whose beacons are known.
local lunette = require "lunette"
local feeds = dofile "tests/spec/support/feeds.lua"
local logs = dofile "tests/spec/support/logs.lua"

local function data_or_skip(name) return feeds.data(name) or pending("no reference data: " .. name) end

-- Numbers from 0 to 1, the same ones every time.
local function uniform(seed)
  return function()
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed / 2147483648
  end
end

-- The log of one pair: connections at the sum of `n` steps that `step` gives.
local function log_of(n, step, size)
  local seconds, columns = 1600000000.0, { seconds = {}, src_ip = {}, dst_ip = {}, dst_port = {}, bytes_out = {} }
  for i = 1, n do
    seconds = seconds + step(i)
    columns.seconds[i], columns.src_ip[i] = seconds, lunette.ip "10.0.0.5"
    columns.dst_ip[i], columns.dst_port[i], columns.bytes_out[i] = lunette.ip "203.0.113.9", 443, size and size(i) or 300
  end
  return lunette.table(columns):derive("time = time(seconds)"):drop "seconds"
end

local function measured(log, given)
  given = given or {}
  given.min_score = given.min_score or 0
  local report = lunette.run("beacons", log, given)
  return report:find_table("beacons").data:first()
end

describe("the analysis beacons", function()
  it("gives a clock the full score", function()
    local row = measured(log_of(50, function() return 300 end))
    assert.are.same({ 50, 50, 300.0, 0.0, 1.0, 1.0, 300.0 },
      { row.connections, row.beats, row.interval, row.jitter, row.steady, row.score, row.bytes })
    assert.are.equal(14700.0, row.last_seen - row.first_seen)
  end)

  it("is lenient with jitter, missed beats, outliers and bursts", function()
    for seed = 1, 20 do
      local random = uniform(seed)
      assert(measured(log_of(60, function() return 300 * (0.7 + 0.3 * random()) end)).score > 0.7, "jitter")
      assert(measured(log_of(60, function() return 300 * (random() < 0.3 and 3 or 1) end)).score > 0.95, "missed beats")
      assert(measured(log_of(60, function(i) return i % 20 == 0 and 40000 or 300 end)).score > 0.9, "outliers")
      local burst = measured(log_of(90, function(i) return i % 3 == 0 and 300 or 1 end))
      assert.are.equal(31, burst.beats)
      assert(burst.score > 0.9, "bursts")
    end
  end)

  it("gives random connections less than half, and mostly less than a third", function()
    local n_high = 0
    for seed = 1, 100 do
      local random = uniform(seed * 7919)
      local log = log_of(60, function() return -300 * math.log(1 - random()) end,
        function() return math.floor(100 + 900 * random()) end)
      local row = measured(log)
      assert(row == nil or row.score < 0.5, seed)
      if row and row.score > 1 / 3 then n_high = n_high + 1 end
    end
    assert(n_high <= 2, n_high)
  end)

  it("counts even sizes for a fifth, and does without sizes", function()
    local log = log_of(50, function() return 300 end, function(i) return i % 2 == 0 and 100 or 10000 end)
    local row = measured(log)
    assert(row.size_score < 0.1)
    assert(math.abs(row.score - (0.8 + 0.2 * row.size_score)) < 1e-12)
    assert.are.equal(1.0, measured(log:drop "bytes_out").score)
    assert.is_nil(measured(log:drop "bytes_out").bytes)
  end)

  it("leaves out private destinations, short series and few beats unless told otherwise", function()
    local log = log_of(50, function() return 300 end)
    local inside = log:derive "dst_ip = ip('10.0.0.9')"
    assert.is_nil(measured(inside))
    assert.is_not_nil(measured(inside, { internal = true }))
    assert.is_nil(measured(log_of(50, function() return 20 end)))
    assert.is_not_nil(measured(log_of(50, function() return 20 end), { min_hours = 0.1 }))
    assert.is_nil(measured(log, { min_beats = 51 }))
  end)

  it("says how many pairs its figure counts, and which it leaves out", function()
    local log = lunette.concat { log_of(50, function() return 300 end),
      log_of(5, function() return 300 end):derive "dst_ip = ip('203.0.113.99')" }
    local chart = lunette.run("beacons", log).charts[1]
    assert.are.equal("counts 1 of 2 pairs of a host and what it calls; left out: 1 with fewer than 12 connections or for less than "
      .. "0.5 hours; destinations in private networks aren't looked at", chart.note)
    local all = lunette.run("beacons", log, { min_beats = 4, min_hours = 0, internal = true }).charts[1]
    assert.are.equal("counts all 2 pairs of a host and what it calls", all.note)
  end)

  it("goes by name when asked, across addresses", function()
    local log = log_of(50, function() return 300 end)
      :derive("host = 'c2.example'", "dst_ip = if_else(int(time) % 2 == 0, dst_ip, ip('203.0.113.77'))")
    assert.are.equal("c2.example", measured(log, { by = "host" }).host)
    local ok, message = pcall(lunette.run, "beacons", log:drop "host", { by = "host" })
    assert.is_false(ok)
    assert.is_truthy(tostring(message):find("no column host", 1, true))
  end)

  it("finds the listed TrickBot servers that were called long enough, all but one, and no look-up service", function()
    local path = data_or_skip "zeek/trickbot_2018-11_conn.log"
    local listed, times, services = {}, {}, {}
    for _, row in ipairs(feeds.threatfox(data_or_skip "article/c2_ip-port_2018-2021.csv")) do listed[row.ioc_value] = true end
    listed["176.58.123.25:443"] = nil -- ident.me: listed by mistake
    for _, row in ipairs((logs.zeek(data_or_skip "zeek/trickbot_2018-11_http.log"))) do
      if row.host and row.host:find "^%a" then services[row["id.resp_h"]] = row.host end
    end
    for _, row in ipairs((logs.zeek(path))) do
      local server = row["id.resp_h"] .. ":" .. row["id.resp_p"]
      if listed[server] then
        local key = row["id.orig_h"] .. " " .. server
        times[key] = times[key] or {}
        table.insert(times[key], tonumber(row.ts))
      end
    end
    local found, n_trickbot, n = {}, 0, 0
    for row in lunette.run("beacons", path):find_table("beacons").data:rows() do
      found[("%s %s:%d"):format(tostring(row.src_ip), tostring(row.dst_ip), row.dst_port)] = row.interval
      n, n_trickbot = n + 1, n_trickbot + (row.interval > 195 and row.interval < 215 and 1 or 0)
      assert(not services[tostring(row.dst_ip)], services[tostring(row.dst_ip)])
    end
    local missed, n_wanted = {}, 0
    for key, list in pairs(times) do
      table.sort(list)
      if #list >= 12 and list[#list] - list[1] >= 1800 then
        n_wanted = n_wanted + 1
        if not found[key] then missed[#missed + 1] = key else assert(found[key] > 195 and found[key] < 215, key) end
      end
    end
    assert.are.same({ 12, 39, 36 }, { n_wanted, n, n_trickbot })
    assert.are.same({ "172.16.9.233 47.49.168.50:443" }, missed) -- it didn't answer: the calls are retries without rhythm
  end)

  -- Which is a C2 server is known from another log: TrickBot's TLS servers are called without a server name and show a single
  -- certificate of their own making; all others have a name or a chain.
  it("finds TrickBot's TLS servers by their rhythm alone, and no server with an ordinary certificate", function()
    local path, tls, times = data_or_skip "zeek/trickbot_2018-11_conn.log", {}, {}
    for _, row in ipairs((logs.zeek(data_or_skip "zeek/trickbot_2018-11_ssl.log"))) do
      local key, chain = row["id.orig_h"] .. " " .. row["id.resp_h"] .. ":" .. row["id.resp_p"], row.cert_chain_fps or ""
      tls[key] = tls[key] or { own = 0, ordinary = 0 }
      if row.server_name or chain:find(",", 1, true) then tls[key].ordinary = tls[key].ordinary + 1
      elseif chain:find "^%x+$" then tls[key].own = tls[key].own + 1 end
    end
    for _, row in ipairs((logs.zeek(path))) do
      local key = row["id.orig_h"] .. " " .. row["id.resp_h"] .. ":" .. row["id.resp_p"]
      times[key] = times[key] or {}
      table.insert(times[key], tonumber(row.ts))
    end
    local found, n_found = {}, 0
    for row in lunette.run("beacons", path):find_table("beacons").data:rows() do
      found[("%s %s:%d"):format(tostring(row.src_ip), tostring(row.dst_ip), row.dst_port)] = true
      n_found = n_found + 1
    end
    local right, missed, wrong = 0, 0, 0
    for key, kinds in pairs(tls) do
      table.sort(times[key])
      local beats, last = 1, times[key][1]
      for _, time in ipairs(times[key]) do
        if time - last > 5 then beats, last = beats + 1, time end
      end
      local is_long = beats >= 12 and times[key][#times[key]] - times[key][1] >= 1800
      local is_c2 = kinds.own > 0 and kinds.ordinary == 0
      if found[key] and is_c2 then right = right + 1 elseif found[key] then wrong = wrong + 1
      elseif is_c2 and is_long then missed = missed + 1 end
    end
    assert.are.same({ right = 36, missed = 2, wrong = 0, found = 39 }, { right = right, missed = missed, wrong = wrong, found = n_found })
  end)
end)
