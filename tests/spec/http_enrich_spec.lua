-- Enrichments that ask a service: ipapi and a user's own, against a server on the loopback.
local servers = dofile "tests/spec/support/server.lua"
local support = dofile "tests/spec/support/process.lua"
local decode = require("dkjson").decode

if servers.obstacle() then
  return describe("an enrichment by HTTP", function() it("is tested", function() pending(servers.obstacle()) end) end)
end

local folder, server, root

local function run(words, env)
  local all = { XDG_CACHE_HOME = root .. "/cache", XDG_DATA_HOME = root .. "/data", XDG_CONFIG_HOME = root .. "/config",
    LUNETTE_URL_IPAPI = server.url .. "/batch", LUNETTE_ALLOW = "net=127.0.0.1", LUNETTE_HTTP_TIMEOUT_MS = "8000",
    LUNETTE_HTTP_STALL_MS = "1500", LUNETTE_HTTP_BACKOFF_MS = "20", LUNETTE_HTTP_RETRIES = "1" }
  for name, value in pairs(env or {}) do all[name] = value end
  return support.run(words, { env = all })
end

local show = [[
local q = t:enrich "ipapi"
for row in q:rows() do print(row.ip, row.country_name, row.asn, row.as_name, row.lat, row.note) end]]

local feed = "ip,note\n8.8.8.8,a\n1.1.1.1,b\n8.8.8.8,c\n10.0.0.1,private\n127.0.0.1,own\n198.18.0.1,reserved\n9.9.9.13,unknown\n,none\n"

local function addresses(n)
  local lines = { "ip" }
  for i = 1, n do lines[#lines + 1] = ("9.%d.%d.1"):format(i // 250, i % 250) end
  return support.file(table.concat(lines, "\n") .. "\n", ".csv")
end

local function asked()
  local out = {}
  for _, request in ipairs(servers.requests(server)) do
    for _, value in ipairs(decode(request.body)) do out[#out + 1] = value end
  end
  return out
end

describe("ipapi", function()
  setup(function() folder, server = servers.open() end)
  teardown(function() servers.close(server) end)
  before_each(function()
    root = support.folder {}
    servers.forget(server)
  end)
  after_each(function() os.execute(("rm -rf '%s'"):format(root)) end)

  it("sends nothing unless it is allowed, and says what it would send to whom", function()
    local got = run({ "-e", show, support.file(feed, ".csv") }, { LUNETTE_ALLOW = "" })
    assert.equal(1, got.status)
    assert.matches("3 different values of ip in 1 request to 127%.0%.0%.1", got.err)
    assert.matches("nothing was sent: %-%-allow net=127%.0%.0%.1 %(or LUNETTE_ALLOW=net=127%.0%.0%.1%)", got.err)
    assert.equal(0, #servers.requests(server))
  end)

  it("adds what the service says, keeps rows and order, and says before what it sends", function()
    local got = run { "-e", show, support.file(feed, ".csv") }
    assert.equal(0, got.status, got.err)
    assert.equal(table.concat({
      "8.8.8.8\tTestland\t64500\tExample Net\t1.5\ta", "1.1.1.1\tTestland\t64500\tExample Net\t1.5\tb",
      "8.8.8.8\tTestland\t64500\tExample Net\t1.5\tc", "10.0.0.1\tnil\tnil\tnil\tnil\tprivate",
      "127.0.0.1\tnil\tnil\tnil\tnil\town", "198.18.0.1\tnil\tnil\tnil\tnil\treserved",
      "9.9.9.13\tnil\tnil\tnil\tnil\tunknown", "nil\tnil\tnil\tnil\tnil\tnone" }, "\n") .. "\n", got.out)
    assert.matches("sends 3 different values", got.err)
  end)

  it("never sends private or reserved addresses", function()
    run { "-e", show, support.file(feed, ".csv") }
    assert.same({ "1.1.1.1", "8.8.8.8", "9.9.9.13" }, asked())
  end)

  it("asks nothing twice, not even what had no answer", function()
    local file = support.file(feed, ".csv")
    local first = run { "-e", show, file }
    servers.forget(server)
    local second = run({ "-e", show, file }, { LUNETTE_ALLOW = "" })
    assert.equal(first.out, second.out)
    assert.equal("", second.err)
    assert.equal(0, #servers.requests(server))
  end)

  it("asks again when an answer is old", function()
    local file = support.file(feed, ".csv")
    run { "-e", show, file }
    local path = root .. "/cache/lunette/answers/ipapi-1.0.0.ndjson"
    local old = support.content(path):gsub('"asked_at":"%d%d%d%d', '"asked_at":"2020')
    local handle = assert(io.open(path, "w"))
    handle:write(old)
    handle:close()
    servers.forget(server)
    run { "-e", show, file }
    assert.equal(3, #asked())
  end)

  it("asks for a hundred at a time, and waits when the service says so", function()
    local got = run { "-e", "print(t:enrich('ipapi'):agg('n = count(country_name)'):first().n)", addresses(450) }
    assert.equal("450\n", got.out, got.err)
    local requests = servers.requests(server)
    assert.equal(5, #requests)
    local longest = 0
    for i = 2, #requests do longest = math.max(longest, requests[i].at - requests[i - 1].at) end
    assert.is_true(longest >= 0.9)
  end)

  it("keeps what was answered when the service fails, and goes on from there", function()
    local file = addresses(250)
    local got = run({ "-e", "print(#t:enrich('ipapi'))", file }, { LUNETTE_URL_IPAPI = server.url .. "/failing/2" })
    assert.equal(1, got.status)
    assert.matches("500", got.err)
    assert.matches("the answers for 200 of 250 values are kept; running it again goes on from there", got.err)
    servers.forget(server)
    got = run { "-e", "print(t:enrich('ipapi'):agg('n = count(country_name)'):first().n)", file }
    assert.equal("250\n", got.out)
    assert.equal(50, #asked())
  end)

  it("keeps the pace of an earlier run: what that one sent counts", function()
    local function sent(seconds_ago)
      local time = os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() - seconds_ago)
      return ('{"time":"%s","plugin":"ipapi","host":"127.0.0.1","count":1,"values":["9.9.9.9"]}\n'):format(time)
    end
    local path = root .. "/data/lunette"
    os.execute(("mkdir -p '%s'"):format(path))
    local file = assert(io.open(path .. "/sent.ndjson", "w"))
    file:write("half a li", "\n", sent(70), sent(57):rep(14), sent(56))
    file:close()
    local started = os.time()
    assert.equal(0, run({ "-e", "print(#t:enrich('ipapi'))", addresses(1) }).status)
    assert.is_true(os.time() - started >= 2)
  end)

  it("keeps a ledger of what was sent", function()
    run { "-e", show, support.file(feed, ".csv") }
    local line = decode(support.content(root .. "/data/lunette/sent.ndjson"))
    assert.same({ "ipapi", "127.0.0.1", 3, "1.1.1.1" }, { line.plugin, line.host, line.count, line.values[1] })
    assert.is_string(line.time)
  end)

  it("survives a cache whose last line was cut", function()
    local file = support.file(feed, ".csv")
    run { "-e", show, file }
    local path = root .. "/cache/lunette/answers/ipapi-1.0.0.ndjson"
    local handle = assert(io.open(path, "a"))
    handle:write '{"key":"4.4.4.4","asked_at":"2026'
    handle:close()
    assert.equal(0, run({ "-e", show, file }).status)
    servers.forget(server)
    run { "-e", show, support.file("ip,note\n8.8.4.4,new\n", ".csv") }
    run { "-e", show, support.file("ip,note\n8.8.4.4,again\n", ".csv") }
    assert.same({ "8.8.4.4" }, asked()) -- what was written behind the cut line is known
  end)

  it("puts a cache aside that can't be read", function()
    local file = support.file(feed, ".csv")
    local wanted = run({ "-e", show, file }).out
    local path = root .. "/cache/lunette/answers/ipapi-1.0.0.ndjson"
    for _, damage in ipairs { "no JSON at all\n", "[1,2]\n", "\0\1\2\3", '{"other":1}\n' } do
      local handle = assert(io.open(path, "w"))
      handle:write(damage)
      handle:close()
      local got = run { "-e", show, file }
      assert.equal(wanted, got.out, got.err)
      assert.matches("put aside as .*%.damaged", got.err)
      assert.equal(damage, support.content(path .. ".damaged"))
      assert.is_nil(run({ "-e", show, file }).err:find("sends", 1, true))
    end
  end)

  it("doesn't keep as unknown what an answer that was cut may have said", function()
    local list = {}
    for _, ip in ipairs { "8.8.8.8", "1.1.1.1", "9.9.9.13" } do
      list[#list + 1] = ('{"query":"%s","status":"success","country":"Testland"}'):format(ip)
    end
    local text = "[" .. table.concat(list, ",") .. "]"
    local function answer(content)
      local handle = assert(io.open(folder .. "/answer", "w"))
      handle:write(content)
      handle:close()
      return run({ "-e", show, support.file(feed, ".csv") }, { LUNETTE_URL_IPAPI = server.url .. "/file/answer" })
    end
    local got = answer(text:sub(1, 20))
    assert.equal(1, got.status)
    assert.matches("the answer is no JSON that can be read", got.err)
    got = answer(text:sub(1, #text // 2))
    assert.matches("1 record of an answer can't be read", got.err)
    got = answer(text)
    assert.equal(4, select(2, got.out:gsub("Testland", "")))
    assert.is_nil(got.err:find("can't be read", 1, true))
  end)

  for what, path in pairs { garbage = "/garbage", silence = "/silent", ["another type"] = "/ok", ["an error"] = "/status/403",
    ["a redirect to another host"] = "/to/302?http://localhost:1/x", ["too much"] = "/huge" } do
    it("fails cleanly on " .. what, function()
      local got = run({ "-e", show, support.file(feed, ".csv") }, { LUNETTE_URL_IPAPI = server.url .. path,
        LUNETTE_HTTP_MAX_BYTES = "1000000" })
      assert.equal(1, got.status)
      assert.matches("^lunette: ", got.err)
      assert.is_nil(got.err:find("stack traceback", 1, true))
    end)
  end

  it("serves a report in the place of databases, and is named on its page", function()
    local path = support.temporary ".html"
    local input = support.file("first_seen,ip,port,family,threat_type\n2021-01-01,8.8.8.8,80,A,botnet_cc\n", ".csv")
    local got = run({ "report", input, "--enrich", "ipapi", "--only", "asn", "-o", path }, { LUNETTE_ASN_DB = "/nowhere.mmdb" })
    assert.equal(0, got.status, got.err)
    assert.same({ "8.8.8.8" }, asked())
    assert.is_truthy(support.content(path):find("ipapi", 1, true))
    got = run { "report", input, "--enrich", "ipapi", "ipapi.nothing=1", "-o", path }
    assert.equal(2, got.status)
    assert.matches("has no parameter 'nothing'", got.err)
  end)

  it("is applied by --enrich", function()
    local file = support.file("ip,port,family,threat_type\n8.8.8.8,80,A,botnet_cc\n", ".csv")
    local got = run { "run", "topn", file, "by=country_name", "--enrich", "ipapi", "--format", "csv" }
    assert.matches("Testland,1,", got.out, got.err)
  end)
end)

describe("pdns", function()
  setup(function() folder, server = servers.open() end)
  teardown(function() servers.close(server) end)
  before_each(function()
    root = support.folder {}
    servers.forget(server)
  end)
  after_each(function() os.execute(("rm -rf '%s'"):format(root)) end)

  local function names(env, ...)
    local words = { "run", "topn", support.file(feed, ".csv"), "by=ip,pdns_names,pdns_count", "--enrich", "pdns",
      "pdns.records=" .. server.url .. "/cof", "--format", "csv", ... }
    return run(words, env)
  end

  it("asks a COF server for public addresses only, and once", function()
    local got = names()
    assert.equal(0, got.status, got.err)
    assert.matches("8.8.8.8,\"?often%.example, x%.ngrok%.io%.example\"?,2,2,", got.out)
    assert.matches("1.1.1.1,,,1,", got.out)
    local paths = {}
    for i, request in ipairs(servers.requests(server)) do paths[i] = request.path end
    assert.same({ "/cof/1.1.1.1", "/cof/8.8.8.8", "/cof/9.9.9.13" }, paths)
    assert.equal(got.out, names({ LUNETTE_ALLOW = "" }).out)
    assert.equal(3, #servers.requests(server))
  end)

  it("asks nothing unless it is allowed, and sends a key only where that is, too", function()
    local got = names { LUNETTE_ALLOW = "" }
    assert.matches("would send 3 different values of ip in 3 requests to 127%.0%.0%.1", got.err)
    got = names { LUNETTE_SECRET_PDNS = "user:pass-word" }
    assert.matches("would send the secret 'pdns'", got.err)
    assert.equal(0, #servers.requests(server))
    got = names { LUNETTE_SECRET_PDNS = "user:pass-word", LUNETTE_ALLOW = "net=127.0.0.1,secrets=pdns" }
    assert.equal(0, got.status, got.err)
    assert.equal("Basic dXNlcjpwYXNzLXdvcmQ=", servers.requests(server)[1].headers.authorization)
  end)

  it("is allowed by --allow", function()
    assert.equal(0, names({ LUNETTE_ALLOW = "" }, "--allow", "net=127.0.0.1").status)
  end)

  it("knows nothing where the server knows nothing", function()
    local file = support.file("ip\n1.1.1.1\n", ".csv")
    local got = run { "-e", ("print(t:enrich('pdns', { records = '%s/cof' }):first().pdns_names)"):format(server.url), file }
    assert.equal("nil\n", got.out, got.err)
  end)
end)

describe("a plugin of the user's own", function()
  local plugins

  setup(function()
    folder, server = servers.open()
    plugins = support.folder { ["enrich/owner.lua"] = ([[
return {
  api = 1, kind = "enrich", name = "owner", version = "1.0.0", summary = "Whose each host is",
  input = { host = "string" },
  columns = { owner = "string", years = "int", missing = "float" },
  permissions = { net = { "127.0.0.1" }, secrets = { "owner" } },
  http = {
    key = "host", url = "%s/owner/{value}", headers = { ["X-Key"] = "{secret:owner}" },
    fields = { owner = "data.owner.name", years = "try_int(sub(`data.since`, 1, 4)) + `data.nothing`:len() * 0",
      missing = "not.there" },
  },
}]]):format(server.url), ["enrich/contact.lua"] = ([[
return {
  api = 1, kind = "enrich", name = "contact", version = "1.0.0", summary = "Whom to call about each host",
  input = { host = "string" },
  columns = { first_phone = "string", other_phone = "int", tags = "string", second_tag = "string", third_tag = "string" },
  permissions = { net = { "127.0.0.1" } },
  http = {
    key = "host", url = "%s/owner/{value}",
    fields = { first_phone = "data.contacts.0.phones.0", other_phone = "`data.contacts.1.phones.0`", tags = "data.tags",
      second_tag = "upper(`data.tags.1`)", third_tag = "data.tags.2" },
  },
}]]):format(server.url) }
  end)
  teardown(function()
    servers.close(server)
    os.execute(("rm -rf '%s'"):format(plugins))
  end)
  before_each(function()
    root = support.folder {}
    servers.forget(server)
  end)
  after_each(function() os.execute(("rm -rf '%s'"):format(root)) end)

  local code = [[for row in t:enrich "owner":rows() do print(row.host, row.owner, row.years, row.missing) end]]
  local hosts = "host\na.example\nb c/../d\n"
  local key = "a-secret-of-mine"

  it("asks for one value at a time, encoded, with the key", function()
    local got = run({ "-e", code, support.file(hosts, ".csv") }, { LUNETTE_PLUGINS = plugins, LUNETTE_SECRET_OWNER = key,
      LUNETTE_ALLOW = "net=127.0.0.1,secrets=owner" })
    assert.equal("a.example\towner of a.example\tnil\tnil\nb c/../d\towner of b%20c%2F..%2Fd\tnil\tnil\n", got.out, got.err)
    local request = servers.requests(server)[2]
    assert.same({ "GET", "/owner/b%20c%2F..%2Fd", key }, { request.method, request.path, request.headers["x-key"] })
    assert.is_nil(got.err:find(key, 1, true))
    assert.matches("owner: no answer has the field 'not.there'", got.err) -- but those in expressions may be missing
    assert.is_nil(got.err:find("nothing", 1, true))
  end)

  it("finds what is in lists by its place", function()
    local got = run({ "-e", [[for row in t:enrich "contact":rows() do
      print(row.host, row.first_phone, row.other_phone, row.tags, row.second_tag, row.third_tag) end]],
      support.file("host\na.example\n", ".csv") }, { LUNETTE_PLUGINS = plugins })
    assert.equal("a.example\t1,5\t3\tx,y\tY\tnil\n", got.out, got.err)
    assert.matches("contact: no answer has the field 'data.tags.2'", got.err)
  end)

  it("goes on where the service doesn't know a value, and doesn't ask for it again", function()
    local env = { LUNETTE_PLUGINS = plugins, LUNETTE_SECRET_OWNER = key, LUNETTE_ALLOW = "net=127.0.0.1,secrets=owner" }
    local file = support.file("host\nunknown.example\nz.example\n", ".csv")
    local got = run({ "-e", code, file }, env)
    assert.equal("unknown.example\tnil\tnil\tnil\nz.example\towner of z.example\tnil\tnil\n", got.out, got.err)
    assert.equal(got.out, run({ "-e", code, file }, env).out)
    assert.equal(2, #servers.requests(server))
  end)

  it("gets no secret and no host that it wasn't allowed", function()
    for _, allowed in ipairs { "net=127.0.0.1", "secrets=owner", "net=127.0.0.2,secrets=owner" } do
      local got = run({ "-e", code, support.file(hosts, ".csv") }, { LUNETTE_PLUGINS = plugins, LUNETTE_SECRET_OWNER = key,
        LUNETTE_ALLOW = allowed })
      assert.equal(1, got.status)
      assert.matches("nothing was sent", got.err)
      assert.equal(0, #servers.requests(server))
    end
  end)
end)

describe("a declared service", function()
  local problem = require("lunette.manifest_http").problem
  local whole = { input = { host = "string" }, columns = { owner = "string" } }
  local good = { key = "host", url = "https://x.example/{value}", fields = { owner = "data.owner" } }

  local function with(changes)
    local out = {}
    for key, value in pairs(good) do out[key] = value end
    for key, value in pairs(changes) do out[key] = value end
    return problem(out, whole)
  end

  it("is checked, and problems are named", function()
    assert.is_nil(with {})
    assert.matches("did you mean 'batch'", with { batsh = 5 })
    assert.matches("key", with { key = "ip" })
    assert.matches("{value}", with { url = "https://x.example/" })
    assert.matches("match", with { batch = 5, body = "{values}" })
    assert.matches("fields.owner", with { fields = {} }, 1, true)
    assert.matches("rate", with { rate = { requests = 0, seconds = 1 } })
    assert.matches("https://", with { url = "file:///{value}" })
  end)
end)
