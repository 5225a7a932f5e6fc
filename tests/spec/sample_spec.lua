-- The bundled sample: what it promises, and that its generator and the databases it writes can be relied on.
local lunette = require "lunette"
local feeds = dofile "tests/spec/support/feeds.lua"

local FOLDER = lunette.home .. "sample/"

local function output_of(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local said = pipe:read "a"
  return said, pipe:close() == true
end

local function is_reserved(ip)
  local first, second = ip:match "^(%d+)%.(%d+)%."
  if not first then return ip:find "^2001:db8:" ~= nil end
  first, second = math.tointeger(first), math.tointeger(second)
  return first >= 240 and first <= 255 or first == 198 and (second == 18 or second == 19)
end

describe("the sample log", function()
  it("has a day of connections between private and reserved addresses", function()
    local log = require("lunette").read "sample-log"
    assert.are.equal(0, #log:rejects())
    assert.are.equal(0, #log:filter "src_ip:is_global() or dst_ip:is_global() or time:trunc('day') ~= '2021-11-22'")
    assert(#log > 1500 and log:first().proto == "tcp")
  end)
end)

describe("the sample log of look-ups", function()
  it("has a day of look-ups of names that nobody has", function()
    local log = require("lunette").read "sample-dns"
    assert.are.equal(0, #log:rejects())
    assert.are.equal(0, #log:filter "not host:ends_with('.example', '.test') or time:trunc('day') ~= '2021-11-22'")
    assert(#log > 1000)
  end)
end)

describe("the sample", function()
  local rows, promised = feeds.threatfox(FOLDER .. "threatfox-sample.csv")

  local function of(family)
    return feeds.filter(rows, function(row) return row.malware_printable == family end)
  end

  local function share_on(family, ports)
    local n, own = 0, of(family)
    for _, row in ipairs(own) do
      local _, port = feeds.host_and_port(row)
      if ports[port] then n = n + 1 end
    end
    return n / #own
  end

  it("has 22,618 rows, 88 of them payload_delivery", function()
    local types = feeds.count(rows, function(row) return row.threat_type end)
    assert.are.same({ 22618, 22618 }, { #rows, promised })
    assert.are.same({ botnet_cc = 22530, payload_delivery = 88 }, types)
  end)

  it("names no host that exists", function()
    for _, row in ipairs(rows) do
      local ip = feeds.host_and_port(row)
      assert(is_reserved(ip), ip)
      local host = row.reference and row.reference:match "^https://([^/]+)/"
      assert(not host or host:find "example%.%a+$" or host:find "%.invalid$", host)
    end
  end)

  it("is in order, newest first, with a number for every row", function()
    for i = 2, #rows do
      assert(rows[i].first_seen_utc <= rows[i - 1].first_seen_utc)
      assert(math.tointeger(rows[i].ioc_id) < math.tointeger(rows[i - 1].ioc_id))
    end
  end)

  it("shows what such a feed showed in 2021", function()
    assert.is_true(share_on("QakBot", { [995] = true, [443] = true, [2222] = true }) > 0.8)
    assert.is_true(share_on("TrickBot", { [449] = true, [443] = true }) > 0.8)
    local months = feeds.count(of "Cobalt Strike", function(row) return row.first_seen_utc:sub(1, 7) end)
    assert.is_true(months["2021-09"] > 4 * months["2021-08"])
    local emotet = of "Emotet"
    assert.are.equal("2021-11-15", emotet[#emotet].first_seen_utc:sub(1, 10))
    local hosts, most = feeds.count(of "Mirai", feeds.host_and_port), 0
    for _, n in pairs(hosts) do most = math.max(most, n) end
    assert.is_true(most > 800)
  end)

  it("is the same every time it is made", function()
    local folder = os.tmpname()
    os.remove(folder)
    local said, ok = output_of(("mkdir %s && lua5.4 scripts/sample/generate.lua %s"):format(folder, folder))
    assert.is_true(ok, said)
    for _, name in ipairs { "threatfox-sample.csv", "zeek-sample.log", "zeek-sample-dns.log", "sample-city.mmdb", "sample-asn.mmdb" } do
      said, ok = output_of(("cmp %s/%s %s%s"):format(folder, name, FOLDER, name))
      assert.is_true(ok, said)
    end
    os.execute("rm -r " .. folder)
  end)
end)

local function lookup(path, ip)
  return output_of(("mmdblookup --file %s --ip %s"):format(path, ip))
end

local function needs_mmdblookup()
  if not select(2, output_of "command -v mmdblookup") then pending "mmdblookup isn't installed (package mmdb-bin)" end
end

describe("the sample's databases", function()
  it("know the place and the AS of every kind of address in it", function()
    needs_mmdblookup()
    for ip, wanted in pairs {
      ["240.0.1.2"] = { "64496", "Prairie Lantern Broadband", "US" },
      ["::ffff:240.0.1.2"] = { "64496", "Prairie Lantern Broadband", "US" },
      ["198.18.40.37"] = { "64540", "Lattice Tunnels", "US" },
      ["2001:db8:1000::1"] = { "65543", "Canal Ring Hosting", "NL" },
    } do
      local as, place = lookup(FOLDER .. "sample-asn.mmdb", ip), lookup(FOLDER .. "sample-city.mmdb", ip)
      for _, text in ipairs { wanted[1], wanted[2] } do assert(as:find(text, 1, true), as) end
      assert(place:find('"iso_code":%s+"' .. wanted[3] .. '"'), place)
      assert(place:find '"latitude":%s+%-?%d+%.%d+ <double>', place)
    end
  end)

  it("know nothing of other addresses", function()
    needs_mmdblookup()
    for _, ip in ipairs { "192.0.2.1", "255.255.255.255", "2001:db8:ffff::1", "::1" } do
      assert(lookup(FOLDER .. "sample-asn.mmdb", ip):find "Could not find an entry", ip)
    end
  end)
end)

describe("the writer of address databases", function()
  package.path = "scripts/sample/?.lua;" .. package.path
  local mmdb = require "mmdb"

  local function write(record_size)
    local out = mmdb.new { database_type = "Test", description = "test", build_epoch = 1, record_size = record_size }
    out:insert("10.0.0.0/8", { name = "ten", long = ("x"):rep(300), list = mmdb.array { 1, 2.5, "three" } })
    out:insert("192.0.2.128/25", { name = "upper half" })
    out:insert("192.0.2.7/32", { name = "one host" })
    out:insert("2001:db8::/32", { name = "six" })
    return feeds.temporary(out:bytes(), ".mmdb")
  end

  for _, record_size in ipairs { 24, 28, 32 } do
    it(("writes records of %d bits that others read"):format(record_size), function()
      needs_mmdblookup()
      local path, remove = write(record_size)
      for ip, name in pairs {
        ["10.255.0.1"] = "ten", ["192.0.2.128"] = "upper half", ["192.0.2.255"] = "upper half",
        ["192.0.2.7"] = "one host", ["2001:db8:ffff::"] = "six",
      } do
        local said = lookup(path, ip)
        assert(said:find('"' .. name .. '"', 1, true), ip .. ": " .. said)
      end
      assert(lookup(path, "192.0.2.6"):find "Could not find an entry")
      assert(lookup(path, "10.0.0.1"):find "2.500000 <double>")
      remove()
    end)
  end

  it("refuses networks that overlap", function()
    local out = mmdb.new { database_type = "Test", description = "test", build_epoch = 1 }
    out:insert("10.0.0.0/8", { name = "ten" })
    assert.has_error(function() out:insert("10.1.0.0/16", { name = "inside" }) end)
    assert.has_error(function() out:insert("10.0.0.0/8", { name = "again" }) end)
  end)
end)
