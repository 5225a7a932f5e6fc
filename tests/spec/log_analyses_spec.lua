-- The analyses topn and rare against counting in plain Lua, on real logs and on small ones.
local lunette = require "lunette"
local feeds = dofile "tests/spec/support/feeds.lua"
local logs = dofile "tests/spec/support/logs.lua"

local function data_or_skip(name) return feeds.data(name) or pending("no reference data: " .. name) end

local function metric(report, name)
  for _, item in ipairs(report.metrics) do
    if item.name == name then return item.value end
  end
end

local function size(set)
  local n = 0
  for _ in pairs(set) do n = n + 1 end
  return n
end

-- Adds `by` to the count of `key`, which is noted in `order` when it is new.
local function add(counts, key, by)
  counts[key] = (counts[key] or 0) + by
end

local function message(...)
  local ok, e = pcall(lunette.run, ...)
  assert.is_false(ok)
  return tostring(e)
end

describe("the analysis topn", function()
  it("ranks what plain Lua counts, with shares of the whole", function()
    local path = data_or_skip "zeek/trickbot_2018-11_http.log"
    local counts, total = {}, 0
    for _, row in ipairs((logs.zeek(path))) do
      add(counts, row.user_agent or "null", 1)
      total = total + 1
    end
    local report = lunette.run("topn", path, { by = "user_agent", n = 1000 })
    local n, before = 0, math.huge
    for row in report:find_table("topn").data:rows() do
      assert.are.equal(counts[row.user_agent or "null"], row.count)
      assert.are.equal(row.count / total, row.share)
      assert(row.count <= before)
      n, before = n + 1, row.count
    end
    assert.are.same({ size(counts), total }, { n, metric(report, "rows") })
    assert.are.equal(n, metric(report, "values"))
  end)

  it("ranks combinations by the sum of a column", function()
    local path = data_or_skip "zeek/trickbot_2018-11_conn.log"
    local sums, counts = {}, {}
    for _, row in ipairs((logs.zeek(path))) do
      local key = row["id.resp_h"] .. " " .. row["id.resp_p"]
      add(sums, key, tonumber(row.orig_bytes or 0))
      add(counts, key, 1)
    end
    local keys = {}
    for key in pairs(sums) do keys[#keys + 1] = key end
    table.sort(keys, function(a, b) return sums[a] > sums[b] end)
    local at = 0
    for row in lunette.run("topn", path, { by = "dst_ip, dst_port", sum = "bytes_out", n = 25 }):find_table("topn").data:rows() do
      at = at + 1
      local key = tostring(row.dst_ip) .. " " .. row.dst_port
      assert.are.same({ sums[keys[at]], sums[key], counts[key] }, { row.sum_bytes_out, row.sum_bytes_out, row.count })
    end
    assert.are.equal(25, at)
  end)

  it("takes columns with odd names, nothing at all, and any feed", function()
    local log = lunette.table { ["tls.ja3.hash"] = { "a", "b", "a" } }
    local row = lunette.run("topn", log, { by = "tls.ja3.hash", n = 1 }):find_table("topn").data:first()
    assert.are.same({ "a", 2 }, { row["tls.ja3.hash"], row.count })
    assert.are.equal(0, #lunette.run("topn", log:filter "false", { by = "tls.ja3.hash" }):find_table("topn").data)
    assert.are.equal(10, #lunette.run("topn", "sample", { by = "port" }):find_table("topn").data)
  end)

  it("says how many rows and values its figure counts, and of how many", function()
    local log = lunette.table { a = { "x", "x", "y", "z" }, n = { 5, 1, 9, 1 } }
    local function note(given) return lunette.run("topn", log, given).charts[1].note end
    assert.are.equal("counts 2 of 4 rows, of 1 of 3 values; left out: 2 that are rarer", note { by = "a", n = 1 })
    assert.are.equal("counts all 4 rows, of all 3 values", note { by = "a" })
    assert.are.equal("sums n over 4 rows; draws 2 of 3 values; left out: 1 with smaller sums", note { by = "a", n = 2, sum = "n" })
  end)

  it("names columns that aren't there, or aren't numbers", function()
    local log = lunette.table { a = { "x" } }
    assert.is_truthy(message("topn", log, { by = "b" }):find("no column 'b'", 1, true))
    assert.is_truthy(message("topn", "sample", { by = "famly" }):find("'famly' (did you mean 'family'?)", 1, true))
    assert.is_truthy(message("topn", log, { by = " , " }):find("no column ''", 1, true))
    assert.is_truthy(message("topn", log, { by = "a", sum = "a" }):find("no column 'a' of numbers", 1, true))
    assert.is_truthy(message("topn", log):find("needs the parameter by", 1, true))
  end)
end)

-- Per value the set of hosts and the number of rows.
local function seen_in(rows, value_of)
  local hosts, counts = {}, {}
  for _, row in ipairs(rows) do
    local value = value_of(row)
    if value then
      hosts[value] = hosts[value] or {}
      hosts[value][row["id.orig_h"]] = true
      add(counts, value, 1)
    end
  end
  return hosts, counts
end

local function assert_rare(path, kind, max_hosts, value_of)
  local rows = logs.zeek(path)
  local hosts, counts = seen_in(rows, value_of)
  local wanted, got = {}, {}
  for value, set in pairs(hosts) do
    if size(set) <= max_hosts then wanted[value] = size(set) .. " " .. counts[value] end
  end
  local report = lunette.run("rare", path, { kind = kind, max_hosts = max_hosts })
  for row in report:find_table("rare").data:rows() do
    got[row.value] = row.hosts .. " " .. row.count
    assert(hosts[row.value][tostring(row.host)])
  end
  assert.are.same(wanted, got)
  assert(next(wanted))
end

describe("the analysis rare", function()
  it("finds the ports, user agents and destinations that plain Lua finds", function()
    local weird = data_or_skip "zeek/wrccdc_2018_weird.log"
    for _, max_hosts in ipairs { 1, 2, 5 } do
      assert_rare(weird, "port", max_hosts, function(row) return row["id.resp_p"] end)
    end
    assert_rare(data_or_skip "zeek/trickbot_2018-11_http.log", "user agent", 1, function(row) return row.user_agent end)
    assert_rare(data_or_skip "zeek/trickbot_2018-11_conn.log", "destination", 1, function(row)
      local address = row["id.resp_h"]
      local inside = address:find "^10%." or address:find "^192%.168%." or address:find "^f[cd]" or address:find "^172%.16%."
      return not inside and address or nil
    end)
  end)

  local function log_of(hosts)
    local columns = { src_ip = {}, host = {}, user_agent = {} }
    for i, host in ipairs(hosts) do
      columns.src_ip[i], columns.host[i] = lunette.ip(("10.0.0.%d"):format(i)), host
      columns.user_agent[i] = i == 1 and "odd" or "usual"
    end
    return lunette.table(columns)
  end

  it("passes over destinations that are nobody's: private, link-local, multicast, broadcast", function()
    local columns = { src_ip = {}, dst_ip = {} }
    local places = { "10.1.1.1", "fd00::1", "ff02::1:2", "fe80::1", "224.0.0.251", "255.255.255.255", "169.254.1.1", "0.0.0.0",
      "198.18.0.1" }
    for i, place in ipairs(places) do columns.src_ip[i], columns.dst_ip[i] = lunette.ip "10.0.0.1", lunette.ip(place) end
    local report = lunette.run("rare", lunette.table(columns), { kind = "destination" })
    assert.are.same({ "198.18.0.1" }, report:find_table("rare").data:column("value"):values())
  end)

  it("looks at names by registered domain, and counts per kind", function()
    local log = log_of { "a.example.com", "b.example.com", "evil.co.uk", "com" }
    local report = lunette.run("rare", log)
    local got = {}
    for row in report:find_table("rare").data:rows() do got[row.kind .. " " .. row.value] = row.count end
    assert.are.same({ ["name evil.co.uk"] = 1, ["name com"] = 1, ["user agent odd"] = 1 }, got)
    local summary = {}
    for row in report:find_table("summary").data:rows() do summary[row.kind] = row.values .. "/" .. row.rare end
    assert.are.same({ name = "3/2", ["user agent"] = "2/1" }, summary)
    assert.are.equal("counts 3 of 5 values; left out: 2 seen from more than 1 host; local addresses aren't looked at",
      report:find_table("rare").note)
  end)

  it("calls nothing unusual where there are few hosts, and says what is loud where there are many", function()
    local log = log_of { "x.com", "x.com", "x.com" }
    assert.are.equal(0, #lunette.run("rare", log, { min_count = 1 }).findings)
    local report = lunette.run("rare", log, { min_count = 1, min_population = 3 })
    assert.are.equal(1, #report.findings)
    assert.is_truthy(report.findings[1].title:find("user agent odd was seen from 1 host of 3 only (10.0.0.1), 1 time", 1, true))
  end)

  it("says when a log has none of what it looks at", function()
    local log = lunette.table { src_ip = { lunette.ip "10.0.0.1" } }
    assert.is_truthy(message("rare", log):find("no column for kind=all", 1, true))
  end)
end)
