-- The bundled analyses against counting in plain Lua: the same numbers, row by row, on the sample and on real feeds.
local lunette = require "lunette"
local feeds = dofile "tests/spec/support/feeds.lua"

local SAMPLE = lunette.home .. "sample/threatfox-sample.csv"
local REAL = { "threatfox/ip-port_2020-2025.csv", "article/c2_ip-port_2018-2021.csv", "threatfox/recent_2026-04-22.csv" }

local read_rows = {} -- by path: files are parsed once

local function rows_of(path)
  read_rows[path] = read_rows[path] or feeds.threatfox(path)
  return read_rows[path]
end

local function botnet_cc(path)
  return feeds.filter(rows_of(path), function(row) return row.threat_type == "botnet_cc" end)
end

local function family_of(row) return row.malware_printable or "(none)" end

-- Defines one test per feed: the sample, and the real ones that are there.
local function on_every_feed(what, check)
  it(what .. " (sample)", function() check(SAMPLE) end)
  for _, name in ipairs(REAL) do
    it(("%s (%s)"):format(what, name), function()
      local path = feeds.data(name)
      if not path then pending("no reference data: " .. name) end
      check(path)
    end)
  end
end

local function metric(report, name)
  for _, item in ipairs(report.metrics) do
    if item.name == name then return item.value end
  end
end

local function columns_of(data)
  local names = {}
  for i, column in ipairs(data:schema()) do names[i] = column.name end
  return names
end

local function has_finding(report, pattern)
  for _, item in ipairs(report.findings) do
    if item.title:find(pattern) then return true end
  end
  return false
end

-- Everything of `counts` is in `got`, and nothing else.
local function assert_same_counts(counts, got)
  for key, n in pairs(counts) do
    if got[key] ~= n then assert.are.equal(n, got[key], tostring(key)) end
  end
  for key, n in pairs(got) do
    if counts[key] ~= n then assert.are.equal(counts[key], n, tostring(key)) end
  end
end

describe("families", function()
  on_every_feed("counts every family as plain Lua does", function(path)
    local rows = botnet_cc(path)
    local counts, total = feeds.count(rows, family_of)
    local got, sum, shares = {}, 0, 0
    local data = lunette.run("families", path, { min_count = 0 }):table()
    assert.are.same({ "family", "count", "share", "first_seen", "last_seen" }, columns_of(data))
    for row in data:rows() do
      got[row.family], sum, shares = row.count, sum + row.count, shares + row.share
      assert.are.equal(row.count / total, row.share)
    end
    assert_same_counts(counts, got)
    assert.are.equal(total, sum)
    assert.is_true(math.abs(shares - 1) < 1e-9)
  end)

  it("say how to see the families where none reaches the cut", function()
    local few = lunette.table { family = { "A", "B" } }
    assert.are.equal("No family has 100 IOCs or more; `min_count=1` shows them all.", lunette.run("families", few).texts[1].text)
    assert.are.same({}, lunette.run("families", few, { min_count = 1 }).texts)
  end)

  on_every_feed("shows families below the cut as one line, so that the counts add up", function(path)
    local counts, total = feeds.count(botnet_cc(path), family_of)
    local shown, below, n_below = {}, 0, 0
    for family, n in pairs(counts) do
      if n >= 100 then shown[family] = n else below, n_below = below + n, n_below + 1 end
    end
    if n_below > 0 then shown[("other (%d families)"):format(n_below)] = below end
    local got, sum = {}, 0
    for row in lunette.run("families", path):table():rows() do got[row.family], sum = row.count, sum + row.count end
    assert_same_counts(shown, got)
    assert.are.equal(total, sum)
  end)

  on_every_feed("knows when a family was first and last seen", function(path)
    local first, last = {}, {}
    for _, row in ipairs(botnet_cc(path)) do
      local family, latest = family_of(row), row.first_seen_utc
      if row.last_seen_utc and row.last_seen_utc > latest then latest = row.last_seen_utc end
      if not first[family] or row.first_seen_utc < first[family] then first[family] = row.first_seen_utc end
      if not last[family] or latest > last[family] then last[family] = latest end
    end
    for row in lunette.run("families", path, { min_count = 0 }):table():rows() do
      assert.are.equal(first[row.family], row.first_seen:format "%Y-%m-%d %H:%M:%S")
      assert.are.equal(last[row.family], row.last_seen:format "%Y-%m-%d %H:%M:%S")
    end
  end)

  it("says how many IOCs of other threat types it left out", function()
    local report = lunette.run("families", SAMPLE)
    assert.are.same({ 22530, 88 }, { metric(report, "iocs"), metric(report, "left_out") })
    local all = lunette.run("families", SAMPLE, { threat_type = "all" })
    assert.are.equal(22618, metric(all, "iocs"))
    assert.is_nil(metric(all, "left_out"))
    assert.are.equal(88, metric(lunette.run("families", SAMPLE, { threat_type = "payload_delivery" }), "iocs"))
  end)

  it("names the threat types that there are where none is the wanted one", function()
    local feed = lunette.table { family = { "A", "A", "B" }, threat_type = { "botnet_cc", "botnet_cc", "`<x>`" } }
    local report = lunette.run("families", feed, { threat_type = "botnet" })
    assert.are.equal("The input's threat types are `botnet_cc` (2), `??x??` (1).", report.texts[#report.texts].text)
    assert.are.equal(1, #lunette.run("families", feed).texts)
  end)

  it("counts IOCs without a family and works on any table with families", function()
    local report = lunette.run("families", lunette.table { family = { "A", lunette.null, "A", "B", lunette.null } },
      { min_count = 1 })
    local got = {}
    for row in report:table():rows() do got[row.family] = row.count end
    assert.are.same({ A = 2, B = 1, ["(none)"] = 2 }, got)
  end)

  it("calls a single family below the cut by its name", function()
    local function families_of(list)
      return lunette.run("families", lunette.table { family = list }, { min_count = 2 }):table():column("family"):values()
    end
    assert.same({ "A", "B" }, families_of { "A", "A", "B" })
    assert.same({ "A", "other (2 families)" }, families_of { "A", "A", "B", "C" })
    assert.same({ "B" }, families_of { "B" })
  end)

  it("gives an empty table for no rows", function()
    local report = lunette.run("families", lunette.read(SAMPLE):filter "family == 'no such family'")
    assert.are.equal(0, #report:table())
  end)
end)

local function day_of(row) return row.first_seen_utc:sub(1, 10) end

-- Monday of the week of "YYYY-MM-DD".
local function week_of(row)
  local y, m, d = row.first_seen_utc:match "(%d+)-(%d+)-(%d+)"
  local noon = os.time { year = y, month = m, day = d, hour = 12 }
  local weekday = (os.date("*t", noon).wday + 5) % 7
  return os.date("%Y-%m-%d", noon - weekday * 86400)
end

local period_of = {
  day = day_of, week = week_of, month = function(row) return row.first_seen_utc:sub(1, 7) .. "-01" end,
}

describe("timeline", function()
  for unit, period in pairs(period_of) do
    on_every_feed(("counts per %s and family as plain Lua does"):format(unit), function(path)
      local counts, total = feeds.count(botnet_cc(path), function(row) return period(row) .. " " .. family_of(row) end)
      local got, sum = {}, 0
      local data = lunette.run("timeline", path, { unit = unit, top = 100000 }):table()
      assert.are.same({ "day", "family", "count" }, columns_of(data))
      for row in data:rows() do
        if row.count > 0 then got[row.day:format "%Y-%m-%d" .. " " .. row.family] = row.count end
        sum = sum + row.count
      end
      assert_same_counts(counts, got)
      assert.are.equal(total, sum)
    end)
  end

  it("shows the largest families by name and the others as one, with zeros in the gaps", function()
    local days, families, emotet, sum = {}, {}, {}, 0
    for row in lunette.run("timeline", SAMPLE, { top = 15 }):table():rows() do
      local day = row.day:format "%Y-%m-%d"
      days[day], families[row.family] = (days[day] or 0) + 1, true
      if row.family == "Emotet" then emotet[day] = row.count end
      sum = sum + row.count
    end
    assert.are.equal(22530, sum)
    local n_days = 0
    for _, n in pairs(days) do
      assert.are.equal(16, n)
      n_days = n_days + 1
    end
    assert.are.equal(274, n_days)
    assert.is_true(families["other (42 families)"])
    assert.are.equal(0, emotet["2021-11-14"])
    assert.is_true(emotet["2021-11-15"] > 20)
  end)

  it("finds Emotet's return and Cobalt Strike's rise in the sample", function()
    local report = lunette.run("timeline", SAMPLE)
    assert.is_true(has_finding(report, "^Emotet appears on 2021%-11%-15"))
    assert.is_true(has_finding(report, "^Cobalt Strike rises in September 2021"))
  end)

  it("counts what has no time instead of losing it", function()
    local input = lunette.table {
      { name = "family", values = { "A", "A", "B" } },
      { name = "first_seen", type = "time", values = { "2021-01-01", lunette.null, "2021-01-03" } },
    }
    local report = lunette.run("timeline", input)
    assert.are.equal(1, metric(report, "undated"))
    assert.are.equal(6, #report:table()) -- two families on three days
  end)
end)

local function port_of(row)
  local port = row.ioc_type == "ip:port" and row.ioc_value:match ":(%d+)$" or row.ioc_value:match "^%a+://[^/]*:(%d+)"
  return math.tointeger(port)
end

describe("ports", function()
  on_every_feed("counts ports per family as plain Lua does", function(path)
    local counts = feeds.count(botnet_cc(path), function(row)
      return row.ioc_type == "ip:port" and ("%d %s"):format(port_of(row), family_of(row)) or nil
    end)
    local got = {}
    local input = lunette.read(path):filter "ioc_type == 'ip:port'"
    local data = lunette.run("ports", input):table()
    assert.are.same({ "port", "family", "count" }, columns_of(data))
    for row in data:rows() do got[("%d %s"):format(row.port, row.family)] = row.count end
    assert_same_counts(counts, got)
  end)

  it("keeps the counts whole when it shows rare pairs as one line", function()
    local sum, without_port = 0, 0
    for row in lunette.run("ports", SAMPLE, { min_count = 50 }):table():rows() do
      sum = sum + row.count
      if row.port == nil then without_port = without_port + 1 end
    end
    assert.are.same({ 22530, 1 }, { sum, without_port })
  end)

  it("makes QakBot's 995 and TrickBot's 449 stand out, and leaves 443 alone", function()
    for _, path in ipairs { SAMPLE, feeds.data "article/c2_ip-port_2018-2021.csv" } do
      local report = lunette.run("ports", path, { findings = 100 })
      local owner = {}
      for row in report:table "owners":rows() do
        owner[row.port] = row.family:lower()
        assert.is_true(row.share >= 0.6 and row.lift > 1 and row.count <= row.total)
      end
      assert.are.same({ "qakbot", "trickbot" }, { owner[995], owner[449] })
      assert.is_nil(owner[443])
      assert.is_true(has_finding(report, "^Port 995: [%d.]+ %% [Qq]ak[Bb]ot"))
    end
  end)
end)

describe("overlap", function()
  on_every_feed("counts IOCs and families per host as plain Lua does", function(path)
    local per_host = {}
    for _, row in ipairs(botnet_cc(path)) do
      if row.ioc_type == "ip:port" then
        local ip = feeds.host_and_port(row)
        local host = per_host[ip] or { iocs = 0, families = 0, names = {} }
        per_host[ip] = host
        host.iocs = host.iocs + 1
        local family = family_of(row)
        if not host.names[family] then host.families, host.names[family] = host.families + 1, true end
      end
    end
    local n = 0
    local data = lunette.run("overlap", lunette.read(path):filter "ioc_type == 'ip:port'", { shuffles = 2 }):table()
    assert.are.same({ "ip", "families", "names", "iocs", "asn", "as_name" }, columns_of(data))
    for row in data:rows() do
      local host = per_host[tostring(row.ip)]
      local names = {}
      for name in pairs(host.names) do names[#names + 1] = name end
      table.sort(names)
      assert.are.same({ host.families, host.iocs, table.concat(names, ", ") }, { row.families, row.iocs, row.names })
      n = n + 1
    end
    for _, host in pairs(per_host) do n = n - (host.iocs > 1 and 1 or 0) end
    assert.are.equal(0, n)
  end)

  it("tells kin from families that meet on cheap hosting", function()
    local verdicts = {}
    for row in lunette.run("overlap", SAMPLE):table "pairs":rows() do
      verdicts[row.family .. "+" .. row.other] = row.verdict
    end
    assert.are.equal("more than chance", verdicts["BazarBackdoor+TrickBot"])
    assert.are.equal("more than chance", verdicts["Ficker Stealer+Hancitor"])
    assert.are_not.equal("more than chance", verdicts["Cobalt Strike+Mirai"])
    assert.are_not.equal("more than chance", verdicts["Cobalt Strike+RedLine Stealer"])
  end)

  it("gives the same pairs for the same seed, and nearly the same for another", function()
    local function expected(seed)
      local out = {}
      for row in lunette.run("overlap", SAMPLE, { seed = seed }):table "pairs":rows() do
        out[row.family .. "+" .. row.other] = row.expected
      end
      return out
    end
    local a, b, c = expected(1), expected(1), expected(2)
    assert.are.same(a, b)
    for pair, value in pairs(a) do assert.is_true(math.abs(value - c[pair]) < 1 + value / 2, pair) end
  end)

  it("doesn't take a host that everybody uses for kinship", function()
    local ips, families = {}, {}
    for family = 1, 8 do
      for host = 1, 30 do
        ips[#ips + 1], families[#families + 1] = ("240.0.%d.%d"):format(family, host), "family " .. family
      end
      for shared = 1, 6 do
        ips[#ips + 1], families[#families + 1] = "198.18.0." .. shared, "family " .. family
      end
    end
    local input = lunette.table {
      { name = "ip", type = "ip", values = ips }, { name = "family", type = "string", values = families },
    }
    local report = lunette.run("overlap", input)
    assert.are.equal(6, metric(report, "shared_hosts"))
    for row in report:table "pairs":rows() do assert.are_not.equal("more than chance", row.verdict) end
  end)

  it("shows the address that holds very many Mirai IOCs", function()
    assert.is_true(has_finding(lunette.run("overlap", SAMPLE), "alone holds .* of Mirai's"))
  end)

  it("shows the AS of hosts where the input knows it", function()
    local input = lunette.table {
      { name = "ip", type = "ip", values = { "240.0.0.1", "240.0.0.1" } },
      { name = "family", values = { "A", "B" } }, { name = "asn", values = { 64496, 64496 } },
      { name = "as_name", values = { "Prairie", "Prairie" } },
    }
    local row = lunette.run("overlap", input):table():first()
    assert.are.same({ 64496, "Prairie", "A, B" }, { row.asn, row.as_name, row.names })
  end)
end)

describe("the examples in the manifests", function()
  for _, name in ipairs { "families", "timeline", "ports", "overlap", "hits", "beacons", "rare", "topn" } do
    it("hold: " .. name, function()
      local example = require("lunette.plugin").find("analysis", name).example
      local report = lunette.run(name, example.input, example.params)
      for table_name, wanted in pairs(example.expect.tables) do
        local n = #report:table(table_name)
        if wanted == true then assert.is_true(n > 0) else assert.are.equal(wanted, n) end
      end
      for _, text in ipairs(example.expect.findings) do assert.is_true(has_finding(report, text), text) end
    end)
  end
end)
