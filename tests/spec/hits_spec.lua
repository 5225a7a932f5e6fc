-- The analysis hits: what a log and feeds have in common, counted by plain Lua beside it, on real captures and on
-- small invented ones.
local lunette = require "lunette"
local feeds = dofile "tests/spec/support/feeds.lua"
local logs = dofile "tests/spec/support/logs.lua"
local support = dofile "tests/spec/support/process.lua"

local ARTICLE = "article/c2_ip-port_2018-2021.csv"

local function data_or_skip(name) return feeds.data(name) or pending("no reference data: " .. name) end

local function by_ioc(report)
  local out = {}
  for row in report:find_table("hits").data:rows() do out[row.ioc] = row end
  return out
end

local function metric(report, name)
  for _, item in ipairs(report.metrics) do
    if item.name == name then return item.value end
  end
end

local T = lunette.time

local function feed_of(columns)
  return lunette.table(columns)
end

-- A log of one row per name, from one host.
local function names_log(names)
  local times, hosts = {}, {}
  for i = 1, #names do times[i], hosts[i] = T(("2021-06-01 00:00:%02d"):format(i)), lunette.ip "10.0.0.5" end
  return lunette.table { time = times, src_ip = hosts, host = names }
end

local function run(log, feed, given)
  local params = { feed = feed }
  for key, value in pairs(given or {}) do params[key] = value end
  return lunette.run("hits", log, params)
end

describe("the analysis hits", function()
  it("finds the C2 servers of a TrickBot capture, with hosts, connections and times, and nothing else", function()
    local rows = logs.zeek(data_or_skip "zeek/trickbot_2018-11_conn.log")
    local listed, wanted, n_wanted = {}, {}, 0
    for _, row in ipairs(feeds.threatfox(data_or_skip(ARTICLE))) do listed[row.ioc_value] = true end
    local function meet(ioc, host, row)
      if not listed[ioc] then return end
      if not wanted[ioc] then wanted[ioc], n_wanted = { n = 0, hosts = {}, first = row.ts, last = row.ts }, n_wanted + 1 end
      local w = wanted[ioc]
      w.n, w.hosts[host] = w.n + 1, true
      if row.ts < w.first then w.first = row.ts end
      if row.ts > w.last then w.last = row.ts end
    end
    for _, row in ipairs(rows) do
      meet(row["id.resp_h"] .. ":" .. row["id.resp_p"], row["id.orig_h"], row)
      meet(row["id.orig_h"] .. ":" .. row["id.orig_p"], row["id.resp_h"], row)
    end
    local report = run(data_or_skip "zeek/trickbot_2018-11_conn.log", data_or_skip(ARTICLE))
    local got, n_got, connections = by_ioc(report), 0, 0
    for ioc, row in pairs(got) do
      local w, n_hosts = wanted[ioc], 0
      for _ in pairs(w.hosts) do n_hosts = n_hosts + 1 end
      assert.are.same({ w.n, n_hosts, logs.time(w.first), logs.time(w.last), "trickbot", "ip:port",
          ioc == "176.58.123.25:443" and "info" or "high" }, -- ident.me, which malware asks for its own address
        { row.connections, row.hosts, tostring(row.first_seen), tostring(row.last_seen), row.family, row.kind, row.severity })
      n_got, connections = n_got + 1, connections + row.connections
    end
    assert.are.equal(n_wanted, n_got)
    assert.are.equal(93, got["182.253.20.66:449"].connections)
    assert.are.same({ 9, 1661 }, { n_got, connections })
    assert.are.equal(9, #report.findings)
  end)

  it("finds Emotet's servers in Suricata's log, and sets Bing's address apart", function()
    local report = run(data_or_skip "suricata/nicoaller_2022_eve.json",
      data_or_skip(ARTICLE) .. "," .. data_or_skip "feodo/ipblocklist_2021-12-20.csv")
    local got = by_ioc(report)
    assert.are.same({ 9, "Emotet" }, { got["168.197.250.14:80"].connections, got["168.197.250.14:80"].family })
    assert.are.equal(1, got["128.199.192.135:8080"].connections)
    assert.are.equal(1, got["78.46.73.125:443"].connections)
    assert.are.same({ "info", 5 }, { got["204.79.197.200:443"].severity, got["204.79.197.200:443"].connections })
    assert.are.same({ 3, 1, 1 }, { metric(report, "indicators"), metric(report, "hosts"), metric(report, "shared") })
    assert.are.equal(4, #report:find_table("hits").data)
  end)

  it("finds nothing in logs that hold nothing listed", function()
    for _, name in ipairs { "suricata/zeus_2024-12_eve.json", "zeek/wrccdc_2018_weird.log", "zeek/trickbot_2018-11_http.log" } do
      local report = run(data_or_skip(name), data_or_skip(ARTICLE) .. "," .. data_or_skip "threatfox/ip-port_2020-2025.csv"
        .. "," .. data_or_skip "threatfox/full_urls_2025-12-07.csv")
      assert.are.equal(0, #report:find_table("hits").data)
    end
  end)

  it("takes a name and the names below it for a listed domain, the most specific one, but no public suffix", function()
    local feed = feed_of { ioc = { "evil.example.com", "example.com", "co.uk", "Other.NET" },
      ioc_type = { "domain", "domain", "domain", "domain" } }
    local report = run(names_log { "evil.example.com", "a.b.EVIL.example.com.", "www.example.com", "notexample.com",
      "shop.co.uk", "other.net", "com" }, feed)
    local got = {}
    for row in report:find_table("hits").data:rows() do got[row.ioc .. " " .. row.kind] = row.connections end
    assert.are.same({ ["evil.example.com domain"] = 1, ["evil.example.com parent domain"] = 1,
      ["example.com parent domain"] = 1, ["Other.NET domain"] = 1 }, got)
  end)

  it("compares URLs without fragment and default port, and hashes in any case", function()
    local hash = ("ab"):rep(16)
    local feed = feed_of { ioc = { "http://evil.example/x", "http://198.51.100.7", hash:upper() } }
    local log = lunette.table { src_ip = { lunette.ip "10.0.0.5", lunette.ip "10.0.0.6", lunette.ip "10.0.0.7" },
      url = { "http://evil.example:80/x#top", "http://198.51.100.7/", "http://evil.example/xy" },
      md5 = { "", hash, "" } }
    local got = by_ioc(run(log, feed))
    assert.are.equal("url", got["http://evil.example/x"].kind)
    assert.are.equal("url", got["http://198.51.100.7"].kind)
    assert.are.equal("md5", got[hash:upper()].kind)
    assert.are.equal(1, got["http://evil.example/x"].connections)
  end)

  local function address_log(days, ports)
    local times, sources, addresses = {}, {}, {}
    for i, day in ipairs(days) do
      times[i], sources[i], addresses[i] = T(day), lunette.ip "10.0.0.5", lunette.ip "203.0.113.9"
    end
    return lunette.table { time = times, src_ip = sources, dst_ip = addresses, dst_port = ports }
  end

  it("keeps to the time in which the feeds saw the indicator when asked", function()
    local feed = feed_of { ioc = { "203.0.113.9:443" }, first_seen = { T "2021-06-10" }, last_seen = { T "2021-06-20" } }
    local log = address_log({ "2021-06-05", "2021-06-12", "2021-06-24", "2021-07-30" }, { 443, 443, 443, 443 })
    assert.are.equal(4, by_ioc(run(log, feed))["203.0.113.9:443"].connections)
    assert.are.equal(3, by_ioc(run(log, feed, { window = 5 }))["203.0.113.9:443"].connections)
    assert.are.equal(1, by_ioc(run(log, feed, { window = 0 }))["203.0.113.9:443"].connections)
  end)

  it("takes the address alone only when asked, and never a local one", function()
    local feed = feed_of { ioc = { "203.0.113.9:443", "10.0.0.5:443", "127.0.0.1" }, confidence = { 100, 100, 100 } }
    local log = address_log({ "2021-06-05", "2021-06-12" }, { 80, 443 })
    assert.are.equal(1, #run(log, feed):find_table("hits").data)
    local kinds = {}
    for row in run(log, feed, { addresses = true }):find_table("hits").data:rows() do kinds[row.kind] = row.severity end
    assert.are.same({ ["ip:port"] = "high", address = "medium" }, kinds)
  end)

  it("sees the server on either side, and counts connections by their id", function()
    local ip, server = lunette.ip "10.0.0.5", lunette.ip "203.0.113.9"
    local log = lunette.table { src_ip = { ip, server, ip }, src_port = { 50000, 443, 50001 }, dst_ip = { server, ip, server },
      dst_port = { 443, 50000, 443 }, uid = { "C1", "C1", "C2" } }
    local row = run(log, feed_of { ioc = { "203.0.113.9:443" } }):find_table("hits").data:first()
    assert.are.same({ 2, 1 }, { row.connections, row.hosts })
  end)

  it("sees the callers of a log that names no destination, such as a web server's", function()
    local log = lunette.table { src_ip = { lunette.ip "203.0.113.9", lunette.ip "203.0.113.8", lunette.ip "203.0.113.9" } }
    local report = run(log, feed_of { ioc = { "203.0.113.9" } })
    local row = report:find_table("hits").data:first()
    assert.are.same({ "203.0.113.9", "ip", 2, 0 }, { row.ioc, row.kind, row.connections, row.hosts })
    assert.are.equal(0, #report:find_table("hosts").data)
    assert.are.equal("Unnamed: the log has 203.0.113.9 (2 connections)", report.findings[1].title)
  end)

  it("trusts feeds as far as it is told", function()
    local log = address_log({ "2021-06-05" }, { 443 })
    local feed = feed_of { ioc = { "203.0.113.9:443" }, confidence = { 25 } }
    assert.are.equal("medium", by_ioc(run(log, feed))["203.0.113.9:443"].severity)
    assert.are.equal(0, #run(log, feed, { min_confidence = 50 }):find_table("hits").data)
  end)

  it("sets apart what is on a warninglist: addresses by network, names with those below, and nothing else", function()
    local misp = support.file('{"name": "CDNs", "type": "cidr", "list": ["203.0.113.0/24"]}', ".json")
    local plain = support.file("# ours\nfine.example\n", ".txt")
    local log = lunette.table { src_ip = { lunette.ip "10.0.0.5", lunette.ip "10.0.0.6", lunette.ip "10.0.0.5" },
      dst_ip = { lunette.ip "203.0.113.9", lunette.ip "198.51.100.7", lunette.ip "198.51.100.8" }, dst_port = { 443, 443, 80 },
      host = { "a", "b", "cdn.fine.example" } }
    local feed = feed_of { ioc = { "203.0.113.9:443", "198.51.100.7:443", "fine.example" },
      ioc_type = { "ip:port", "ip:port", "domain" } }
    local report = run(log, feed, { warninglists = misp .. "," .. plain })
    local got = by_ioc(report)
    assert.are.same({ "info", "CDNs" }, { got["203.0.113.9:443"].severity, got["203.0.113.9:443"].warninglist })
    assert.are.same({ "info", plain:match "([^/]+)%.txt$" }, { got["fine.example"].severity, got["fine.example"].warninglist })
    assert.are.same({ "high" }, { got["198.51.100.7:443"].severity, got["198.51.100.7:443"].warninglist })
    assert.are.same({ 1, 1, 2 }, { metric(report, "indicators"), metric(report, "hosts"), metric(report, "shared") })
    assert.is_truthy(report.findings[2].title:find(", but that is on the list ", 1, true))
    local ok, e = pcall(run, log, feed, { warninglists = "/no/such/list.txt" })
    assert.is_false(ok)
    assert.is_truthy(tostring(e):find("/no/such/list.txt", 1, true))
  end)

  it("says what its figure counts, and which indicators it leaves out", function()
    local addresses, iocs = {}, {}
    for i = 1, 25 do
      addresses[i] = lunette.ip(("203.0.113.%d"):format(i))
      iocs[i] = ("203.0.113.%d:443"):format(i)
    end
    local log = lunette.table { dst_ip = addresses }:derive "dst_port = 443"
    local feed = feed_of { ioc = iocs }
    assert.are.equal("counts 20 of 25 connections with indicators, at 20 of 25 indicators; left out: 5 that weigh less",
      run(log, feed).charts[1].note)
    assert.are.equal("counts all 1 connection with an indicator, at all 1 indicator; indicators of a confidence below 30 aren't looked for",
      run(log:head(1), feed, { min_confidence = 30 }).charts[1].note)
  end)

  it("says what is missing: a feed, columns of the log, columns of the feed", function()
    local log, feed = address_log({ "2021-06-05" }, { 443 }), feed_of { ioc = { "203.0.113.9:443" } }
    local function message(...) return tostring(select(2, pcall(run, ...))) end
    assert.is_truthy(message(log, nil):find("needs the parameter feed", 1, true))
    assert.is_truthy(message(lunette.table { n = { 1 } }, feed):find("none of the columns dst_ip", 1, true))
    assert.is_truthy(message(log, feed_of { n = { 1 } }):find("none of the columns ioc", 1, true))
    assert.is_truthy(message(log, "no-such-feed.csv"):find("no-such-feed.csv", 1, true))
  end)
end)

describe("a parameter of the type input", function()
  it("can't have a default: a plugin doesn't say which files are read", function()
    local problems = require("lunette.params").problems("feed", { type = "input", default = "/etc/passwd", doc = "Feeds." })
    assert.are.equal(1, #problems)
    assert.is_truthy(problems[1]:find("for the user to say", 1, true))
  end)
end)
