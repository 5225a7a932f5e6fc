-- lunette fetch against a server on the loopback: what is asked, what is merged, and what is left alone when it fails.
local core = require "lunette.core"
local exports = dofile "tests/spec/support/exports.lua"
local servers = dofile "tests/spec/support/server.lua"
local support = dofile "tests/spec/support/process.lua"

if servers.obstacle() then
  return describe("fetch", function() it("is tested", function() pending(servers.obstacle()) end) end)
end

local folder, server, root

local function put(name, content)
  local file = assert(io.open(folder .. "/" .. name, "wb"))
  file:write(content)
  file:close()
end

-- Runs with small limits, and every URL of the plugins pointed at the server.
local function run(words, env)
  local all = { LUNETTE_FEEDS = root .. "/feeds", XDG_CONFIG_HOME = root .. "/config", XDG_DATA_HOME = root .. "/data",
    LUNETTE_URL_THREATFOX_FULL = server.url .. "/file/full", LUNETTE_URL_THREATFOX_RECENT = server.url .. "/file/recent",
    LUNETTE_URL_THREATFOX_API = server.url .. "/file/api", LUNETTE_URL_FEODO_LIST = server.url .. "/file/feodo",
    LUNETTE_HTTP_TIMEOUT_MS = "5000", LUNETTE_HTTP_STALL_MS = "1500", LUNETTE_HTTP_BACKOFF_MS = "20",
    LUNETTE_HTTP_RETRIES = "1", LUNETTE_HTTP_MAX_BYTES = "5000000" }
  for name, value in pairs(env or {}) do all[name] = value end
  return support.run(words, { env = all })
end

local function n_rows(name) return tonumber(run({ "-e", "print(#t)", name or "threatfox" }).out) end
local function last_request()
  local list = servers.requests(server)
  return list[#list], #list
end

local day1 = exports.csv("2026-01-01 10:00:00", exports.records(1, 5))
local day2 = exports.csv("2026-01-02 10:00:00", exports.records(3, 5))

describe("fetch", function()
  setup(function() folder, server = servers.open() end)
  teardown(function() servers.close(server) end)
  before_each(function()
    root = support.folder {}
    servers.forget(server)
  end)
  after_each(function() os.execute(("rm -rf '%s'"):format(root)) end)

  it("gets an export and keeps it; analyses read the archive", function()
    put("full", day1)
    local got = run { "fetch", "threatfox" }
    assert.equal(0, got.status, got.err)
    assert.matches("5 new", got.err)
    assert.equal("", got.out)
    assert.matches("QakBot,5,", run({ "run", "families", "threatfox", "min_count=1", "--format", "csv" }).out)
  end)

  it("reads zipped exports", function()
    put("full.csv", day1)
    os.execute(("cd '%s' && rm -f full full.zip && zip -q full.zip full.csv && mv full.zip full"):format(folder))
    assert.matches("5 new", run({ "fetch", "threatfox" }).err)
    local packed = support.content(folder .. "/full")
    put("full", packed:sub(1, #packed // 2))
    local got = run { "fetch", "threatfox" }
    assert.equal(1, got.status)
    assert.matches("the archive of threatfox is as it was", got.err)
    assert.matches("/file/full: what came can't be read: it is damaged or cut off", got.err)
    assert.equal(5, n_rows())
    local middle = #packed // 2 -- here only unpacking all of it tells
    put("full", packed:sub(1, middle - 1) .. string.char(packed:byte(middle) ~ 0x55) .. packed:sub(middle + 1))
    got = run { "fetch", "threatfox" }
    assert.equal(1, got.status)
    assert.matches("/file/full: what came can't be read", got.err)
    assert.is_nil(got.err:find("/tmp/lua_", 1, true))
    assert.equal(5, n_rows())
  end)

  it("asks only for what is new", function()
    put("full", day1)
    run { "fetch", "threatfox" }
    local got = run { "fetch", "threatfox" }
    assert.matches("hasn't changed", got.err)
    assert.equal(0, got.status)
    local request, n = last_request()
    assert.equal(2, n)
    assert.is_string(request.headers["if-none-match"])
    assert.is_string(request.headers["if-modified-since"])
    put("full", day2)
    assert.matches("2 new, 0 changed, 3 unchanged, 2 no longer listed", run({ "fetch", "threatfox" }).err)
    assert.equal(7, n_rows())
  end)

  it("asks for all again at another URL", function()
    put("full", day1)
    run { "fetch", "threatfox" }
    put("other", day2)
    assert.matches("2 new", run({ "fetch", "threatfox", "--url", server.url .. "/file/other" }).err)
    assert.is_nil(last_request().headers["if-none-match"])
  end)

  it("keeps nothing of answers that weren't asked for", function()
    for _, status in ipairs { "206", "304" } do
      local got = run { "fetch", "threatfox", "--url", server.url .. "/status/" .. status }
      assert.equal(1, got.status)
      assert.matches("answered " .. status .. ", which wasn't asked for", got.err)
      assert.is_nil(io.open(root .. "/feeds/threatfox/archive.json"))
    end
  end)

  it("shows and keeps no key that stands in a URL of the user's", function()
    put("full", day1)
    local url = server.url:gsub("//", "//me:pass-word-7@") .. "/file/full?key=plain-key-8"
    local got = run({ "fetch", "threatfox" }, { LUNETTE_URL_THREATFOX_FULL = url })
    assert.matches("5 new", got.err)
    assert.matches("hasn't changed", run({ "fetch", "threatfox" }, { LUNETTE_URL_THREATFOX_FULL = url }).err)
    local manifest = support.content(root .. "/feeds/threatfox/archive.json")
    for _, word in ipairs { "pass-word-7", "plain-key-8" } do
      assert.is_nil((got.err .. manifest):find(word, 1, true))
    end
    run({ "fetch", "threatfox" }, { LUNETTE_URL_THREATFOX_FULL = (url:gsub("key%-8", "key-9")) })
    assert.is_nil(last_request().headers["if-none-match"])
  end)

  it("says that a failure changed nothing, with a file at hand too", function()
    put("full", day1)
    run { "fetch", "threatfox" }
    local got = run { "fetch", "threatfox", "--from", support.file("no export", ".csv") }
    assert.equal(1, got.status)
    assert.matches("nothing was merged: the archive of threatfox is as it was", got.err)
  end)

  it("takes URLs of the web only", function()
    for _, url in ipairs { "", "/etc/passwd", "file:///etc/passwd", "ftp://127.0.0.1/x" } do
      local got = run { "fetch", "threatfox", "--url", url }
      assert.equal(2, got.status)
      assert.matches("%-%-url takes an http or https URL", got.err)
    end
  end)

  for _, signal in ipairs { "INT", "TERM", "KILL" } do
    it("leaves no temporary file, not even when it is ended by SIG" .. signal, function()
      local place = support.folder {}
      local script = [[LUNETTE_FEEDS='%s' TMPDIR='%s' timeout -s %s 1 %s fetch threatfox --url "%s/silent" 2>&1; echo "status $?"]]
      local pipe = io.popen(script:format(root, place, signal, support.exe, server.url))
      local out = pipe:read "a"
      pipe:close()
      assert.matches(signal == "KILL" and "status 137" or "status 124", out)
      assert.same({}, core.list_folder(place, true))
    end)
  end

  it("puts what it downloads into the folder that TMPDIR names", function()
    put("full", day1)
    local got = run({ "fetch", "threatfox" }, { TMPDIR = "/nonexistent/folder" })
    assert.equal(1, got.status)
    assert.matches("can't make a temporary file in /nonexistent/folder: No such file or directory; TMPDIR", got.err)
  end)

  it("takes URLs from the user's file", function()
    put("mine", day1)
    os.execute(("mkdir -p '%s/config/lunette'"):format(root))
    local file = assert(io.open(root .. "/config/lunette/feeds", "w"))
    file:write("# my mirror\nthreatfox.full = " .. server.url .. "/file/mine\n")
    file:close()
    assert.matches("5 new", run({ "fetch", "threatfox" }, { LUNETTE_URL_THREATFOX_FULL = "" }).err)
  end)

  it("asks the API with the key, and only then", function()
    put("api", [[{"query_status": "ok", "data": [{"id": "41", "ioc": "198.18.7.7:80", "threat_type": "botnet_cc",
      "ioc_type": "ip:port", "malware": "win.dridex", "malware_printable": "Dridex", "malware_alias": null,
      "confidence_level": 50, "first_seen": "2026-01-08 13:36:27 UTC", "last_seen": null, "reporter": "x", "reference": null,
      "tags": ["exe", "test"]}]}]])
    local got = run { "fetch", "threatfox", "api", "days=7" }
    assert.equal(1, got.status)
    assert.matches("abuse_ch", got.err)
    assert.equal(0, #servers.requests(server))
    got = run({ "fetch", "threatfox", "api", "days=7" }, { LUNETTE_SECRET_ABUSE_CH = "the-secret-key-1" })
    assert.matches("1 new", got.err)
    local request = last_request()
    assert.same({ "POST", "the-secret-key-1", '{"query": "get_iocs", "days": 7}', "application/json" },
      { request.method, request.headers["auth-key"], request.body, request.headers["content-type"] })
    for _, days in ipairs { "0", "8", "x" } do
      assert.equal(2, run({ "fetch", "threatfox", "api", "days=" .. days }).status)
    end
  end)

  it("shows the key nowhere, even where the server echoes it", function()
    local key = "the-secret-key-2"
    for _, status in ipairs { 200, 403, 500 } do
      local got = run({ "fetch", "threatfox", "api", "--url", ("%s/echo/%d"):format(server.url, status), "--verbose" },
        { LUNETTE_SECRET_ABUSE_CH = key })
      assert.equal(1, got.status)
      assert.equal(key, last_request().headers["auth-key"])
      assert.is_nil((got.out .. got.err):find(key, 1, true))
    end
    put("api", '{"query_status": "ok", "data": [{"id": "1", "ioc": "198.18.7.7:80", "threat_type": "' .. key ..
      '", "ioc_type": "ip:port", "malware_printable": "X", "confidence_level": 5}]}')
    assert.equal(0, run({ "fetch", "threatfox", "api" }, { LUNETTE_SECRET_ABUSE_CH = key }).status)
    assert.equal("****************\n", run({ "-e", "print(t:first().threat_type)", "threatfox" }).out)
  end)

  it("sends a key to the host that it is for, not to a mirror or for a plugin that isn't allowed to have it", function()
    local got = run({ "fetch", "threatfox", "api", "--url", "https://mirror.invalid/x" }, { LUNETTE_SECRET_ABUSE_CH = "key-key-key" })
    assert.matches("isn't sent to mirror.invalid", got.err, 1, true)
    local plugins = support.folder { ["sources/thief.lua"] = ([[
return {
  api = 1, kind = "source", name = "thief", version = "1.0.0", summary = "Mine", permissions = { secrets = { "abuse_ch" } },
  fetch = { default = "all", parts = { all = { url = "%s/file/x", doc = "All.", headers = { ["X-K"] = "{secret:abuse_ch}" } } } },
  detect = function() return nil end, read = function() return nil end,
}]]):format(server.url) }
    got = run({ "fetch", "thief" }, { LUNETTE_PLUGINS = plugins, LUNETTE_SECRET_ABUSE_CH = "key-key-key" })
    assert.equal(1, got.status)
    assert.matches("abuse_ch", got.err)
    assert.equal(0, #servers.requests(server))
  end)

  local failures = {
    ["a status of 404"] = "/status/404", ["a status of 500"] = "/status/500", ["a status of 429"] = "/status/429",
    ["silence"] = "/silent", ["a trickle"] = "/slow", ["less than promised"] = "/cut", ["a dropped connection"] = "/drop",
    ["too much"] = "/huge", ["a bomb"] = "/bomb", ["garbage"] = "/garbage", ["broken packing"] = "/badgzip",
    ["an endless head"] = "/heads", ["redirects without end"] = "/loop", ["a redirect to a file"] = "/to/302?file:///etc/passwd",
    ["another kind of file"] = "/ok", ["half an export"] = "/cutfile/full",
  }
  for what, path in pairs(failures) do
    it("leaves the archive as it was after " .. what, function()
      put("full", day1)
      run { "fetch", "threatfox" }
      local manifest = support.content(root .. "/feeds/threatfox/archive.json")
      local got = run { "fetch", "threatfox", "--url", server.url .. path }
      assert.equal(1, got.status, got.err)
      assert.matches("the archive of threatfox is as it was", got.err)
      assert.equal(manifest, support.content(root .. "/feeds/threatfox/archive.json"))
      assert.equal(5, n_rows())
    end)
  end

  it("gets another source's list, and one of a plugin of the user's own", function()
    put("feodo", [[
# Last updated: 2026-02-01 00:00:00 UTC
"first_seen_utc","dst_ip","dst_port","c2_status","last_online","malware"
"2026-01-17 07:44:46","198.18.0.9","4643","online","2026-01-31","Dridex"
# END 1 entries]])
    assert.matches("1 new", run({ "fetch", "feodo" }).err)
    local plugins = support.folder { ["sources/mine.lua"] = ([[
return {
  api = 1, kind = "source", name = "mine", version = "1.0.0", summary = "Mine",
  fetch = { default = "all", key = { "ioc" }, parts = { all = { url = "%s/file/mine.csv", doc = "All." } } },
  detect = function(head) return head:find "^bad_ip" and 0.9 or nil end,
  read = function(path) return require("lunette").csv(path):rename("ioc = bad_ip"):derive "ioc = string(ioc)" end,
}]]):format(server.url) }
    put("mine.csv", "bad_ip,why\n198.18.3.3,scan\n198.18.3.4,spam\n")
    local env = { LUNETTE_PLUGINS = plugins }
    assert.matches("2 new", run({ "fetch", "mine", "--allow", "all" }, env).err)
    put("mine.csv", "bad_ip,why\n198.18.3.4,worse\n")
    os.execute "sleep 1.1" -- its time is the server's, to the second
    put("mine.csv", "bad_ip,why\n198.18.3.4,worse\n")
    assert.matches("0 new, 1 changed, 0 unchanged, 1 no longer listed", run({ "fetch", "mine", "--allow", "all" }, env).err)
    assert.equal("2\n", run({ "-e", "print(#t)", "--allow", "all", "mine" }, env).out)
  end)
end)
