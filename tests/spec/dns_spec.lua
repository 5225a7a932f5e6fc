-- The analysis dns: what the model makes of names whose origin is known, and what it says of captures whose contents are known.
local dga = require "lunette.kit.dga"
local feeds = dofile "tests/spec/support/feeds.lua"
local lunette = require "lunette"

local function data_or_skip(name) return feeds.data(name) or pending("no reference data: " .. name) end

local T, IP = lunette.time, lunette.ip

local function rows_of(report, name)
  local out = {}
  for row in report:find_table(name).data:rows() do out[#out + 1] = row end
  return out
end

local function titles(report)
  local out = {}
  for i, item in ipairs(report.findings) do out[i] = item.severity .. ": " .. item.title end
  return table.concat(out, "\n")
end

-- The names that a generator in the manner of Ramnit's makes: none that the model has learned from.
local function park_miller(n, seed)
  local function next_one()
    seed = 16807 * (seed % 127773) - 2836 * (seed // 127773)
    if seed <= 0 then seed = seed + 2147483647 end
    return seed
  end
  local out = {}
  for i = 1, n do
    local letters = {}
    for k = 1, 8 + next_one() % 12 do letters[k] = string.char(97 + next_one() % 25) end
    out[i] = table.concat(letters)
  end
  return out
end

local function share_from(names, least)
  local n = 0
  for _, score in ipairs(dga.scores(names)) do
    if score >= least then n = n + 1 end
  end
  return n / #names
end

describe("the model of generated names", function()
  it("recognises names from generators, other ones than it was fitted to", function()
    local wanted = { letters = 0.82, ["letters and digits"] = 0.97, hexadecimal = 0.97, syllables = 0.68 }
    for _, generator in ipairs(dga.GENERATORS) do
      local share = share_from(dga.generate(1000, 99, { generator }), 0.9)
      assert.is_true(share >= wanted[generator[1]], generator[1] .. ": " .. share)
    end
    assert.is_true(share_from(park_miller(1000, 12345), 0.9) >= 0.78)
  end)

  it("leaves the names alone that people gave: fewer than one in fifty of a day's names of a network", function()
    local labels = {}
    local query = lunette.json(data_or_skip "pdns/pdns_cof.jsonl"):derive("domain = registered_domain(lower(rrname))")
      :filter "not_null(domain) and not domain:ends_with('.cloudfront.net', '.amazonaws.com')":select("domain"):distinct()
    for row in query:rows() do labels[#labels + 1] = row.domain:match "^[^.]+" end
    assert.is_true(#labels > 1000)
    local share = share_from(labels, 0.9)
    assert.is_true(share < 0.02, tostring(share))
  end)

  it("says nothing of short names and of names in other scripts, and the same every time", function()
    assert.same({ 0.0, 0.0, 0.0 }, dga.scores { "xqzvkj", "", "xn--pckwb0cye6947ajzku8opzi" })
    assert.same(dga.scores { "xqzvkjhw", "wikipedia" }, dga.scores { "xqzvkjhw", "wikipedia" })
    assert.is_true(dga.scores { "wikipedia" }[1] < 0.1)
    assert.same({}, dga.scores {})
  end)
end)

-- A log of look-ups: { { client, name, failed? } … }, a second apart.
local function log_of(list)
  local columns = { time = {}, src_ip = {}, host = {}, rcode_name = {} }
  for i, one in ipairs(list) do
    columns.time[i], columns.src_ip[i] = T "2024-03-01 12:00:00" + i, IP(one[1])
    columns.host[i], columns.rcode_name[i] = one[2], one[3] and "NXDOMAIN" or "NOERROR"
  end
  return lunette.table(columns)
end

describe("the analysis dns", function()
  it("names the host that asks for generated domains, its failures in a burst, and nobody else", function()
    local list = {}
    for i, name in ipairs(park_miller(120, 7)) do list[i] = { "10.0.0.5", name .. ".com", i % 20 ~= 0 } end
    for i, name in ipairs(dga.given_names()) do
      if i % 10 == 0 then list[#list + 1] = { "10.0.0." .. i % 7 + 10, "www." .. name .. ".org", i % 300 == 0 } end
    end
    local report = lunette.run("dns", log_of(list))
    local made, right = rows_of(report, "generated"), 0
    for _, row in ipairs(made) do
      if tostring(row.host) == "10.0.0.5" then right = right + 1 end
    end
    assert.is_true(right / 120 > 0.75, "recall " .. right / 120)
    assert.is_true(right / #made > 0.9, "precision " .. right / #made)
    assert.is_truthy(titles(report):find("high: 10.0.0.5 asks for %d+ domains that look made by a program"))
    assert.is_nil(titles(report):find("10.0.0.1%d asks"))
    local bursts = rows_of(report, "bursts")
    assert.equal(1, #bursts)
    assert.same({ "10.0.0.5", 114 }, { tostring(bursts[1].client), bursts[1].domains })
  end)

  it("finds data in names, and takes nothing of a real network's names for that", function()
    local random, list = dga.random(5), {}
    local digits = "abcdefghijklmnopqrstuvwxyz234567"
    for i = 1, 300 do
      local text = {}
      for k = 1, 40 do
        local at = random(#digits)
        text[k] = digits:sub(at, at)
      end
      list[i] = { "10.0.0.8", table.concat(text) .. ".t.exfil-example.net" }
    end
    local background = lunette.json(data_or_skip "pdns/pdns_cof.jsonl")
    for row in background:rows() do list[#list + 1] = { "10.0.0.9", row.rrname } end
    local report = lunette.run("dns", log_of(list))
    local found = rows_of(report, "tunnels")
    assert.equal(1, #found)
    assert.same({ "10.0.0.8", "exfil-example.net", 300, 42.0 },
      { tostring(found[1].client), found[1].domain, found[1].names, found[1].length })
    assert.is_truthy(titles(report):find("high: 10.0.0.8 asks for 300 different names below exfil-example.net", 1, true))
  end)

  it("tells of the TrickBot capture what it holds: eleven services asked for the own address, five block lists, no more", function()
    local report = lunette.run("dns", data_or_skip "zeek/trickbot_2018-11_dns.log")
    local asked = rows_of(report, "lookups")
    assert.same({ { "block list", "173.66.146.112", 5, 60 }, { "own address", nil, 11, 485 } },
      { { asked[1].kind, asked[1].about, asked[1].services, asked[1].queries },
        { asked[2].kind, asked[2].about, asked[2].services, asked[2].queries } })
    for _, name in ipairs { "generated", "bursts", "tunnels", "unusual" } do assert.equal(0, #rows_of(report, name), name) end
    assert.equal(2, #report.findings)
  end)

  it("finds nothing where there is nothing, and counts Suricata's queries, not its answers", function()
    local zeus = lunette.run("dns", data_or_skip "suricata/zeus_2024-12_eve.json")
    assert.equal(0, #zeus.findings)
    assert.equal(0, #rows_of(zeus, "generated"))
    local emotet = lunette.run("dns", data_or_skip "suricata/nicoaller_2022_eve.json")
    assert.equal(0, #emotet.findings)
    assert.is_true(#rows_of(emotet, "generated") <= 1)
    local both = lunette.table { host = { "example.com", "example.com" }, event_type = { "dns", "dns" },
      ["dns.type"] = { "query", "answer" }, src_ip = { IP "10.0.0.1", IP "10.0.0.1" } }
    assert.equal(1, rows_of(lunette.run("dns", both, { long_name = 10 }), "unusual")[1].queries)
  end)

  it("takes a log without times, clients and codes, one without rows, and names that are no domains", function()
    local report = lunette.run("dns", lunette.table { host = { "checkip.amazonaws.com", "localhost", "1.2.3.4", "a..b", "printer.local" } })
    assert.equal(1, #rows_of(report, "lookups"))
    assert.is_truthy(report.texts[1].text:find "doesn't say which names don't exist")
    assert.equal("counts 1 of 5 different names; left out: 4 of one's own network, or that are no domain names",
      report.charts[1].note)
    assert.equal(0, #lunette.run("dns", lunette.table { host = { "a.example.com" } }:head(0)).findings)
  end)
end)
