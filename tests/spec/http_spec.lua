-- The HTTP client against a server on the loopback that misbehaves in every way.
local lunette = require "lunette"
local core = require "lunette.core"
local http = require "lunette.http"
local servers = dofile "tests/spec/support/server.lua"
local support = dofile "tests/spec/support/process.lua"

if servers.obstacle() then
  return describe("HTTP", function() it("is tested", function() pending(servers.obstacle()) end) end)
end

local folder, server

-- A request with small limits, so that nothing hangs.
local function request(path, more)
  local given = { url = path:find "^%w+:" and path or server.url .. path, timeout_ms = 15000, stall_timeout_ms = 1500,
    backoff_ms = 20, retries = 2, max_bytes = 1 << 20 }
  for key, value in pairs(more or {}) do given[key] = value end
  return http.request(given)
end

local function count() return #servers.requests(server) end

describe("HTTP", function()
  setup(function()
    folder = support.folder {}
    server = servers.start(folder)
  end)
  teardown(function()
    servers.stop(server)
    support.clean()
  end)
  before_each(function() servers.forget(server) end)

  it("gives status, headers and body, and names Lunette and its version", function()
    local answer = assert(request "/ok")
    assert.same({ 200, "hello", "yes", 5, 1 },
      { answer.status, answer.body, answer.headers["x-thing"], answer.size, answer.requests })
    assert.equal("Lunette/" .. lunette.version, servers.requests(server)[1].headers["user-agent"])
  end)

  it("sends bodies and headers", function()
    local answer = assert(request("/echo", { body = "a=1", headers = { ["X-Own"] = "mine" } }))
    assert.matches('"X%-Own": "mine"', answer.body)
    assert.matches("a=1$", answer.body)
    assert.equal("POST", servers.requests(server)[1].method)
  end)

  it("refuses headers with line breaks", function()
    local ok, e = pcall(request, "/ok", { headers = { ["X-Own"] = "a\r\nX-Evil: b" } })
    assert.is_false(ok)
    assert.matches("line break", tostring(e))
  end)

  for _, status in ipairs { 429, 500, 502, 503, 504 } do
    it("tries again after " .. status, function()
      local answer = assert(request(("/flaky/2/%d"):format(status)))
      assert.same({ 200, "at last", 3 }, { answer.status, answer.body, answer.requests })
    end)
  end

  it("gives an error page when trying again doesn't help", function()
    local answer = assert(request "/status/500")
    assert.same({ 500, 3 }, { answer.status, answer.requests })
  end)

  it("doesn't repeat what others refuse, nor a POST that may have been done", function()
    assert.equal(1, assert(request "/status/404").requests)
    assert.equal(1, assert(request("/status/500", { body = "x" })).requests)
    assert.equal(3, assert(request("/status/500", { body = "x", repeatable = true })).requests)
    assert.equal(3, assert(request("/status/429", { body = "x" })).requests)
  end)

  it("waits as long as Retry-After says, in seconds or as a date", function()
    local started = core.seconds()
    assert.equal("at last", assert(request "/flaky/1/429/1").body)
    assert.is_true(core.seconds() - started >= 1)
    started = core.seconds()
    assert.equal("at last", assert(request "/flakydate/2").body)
    assert.is_true(core.seconds() - started >= 0.9)
  end)

  it("doesn't wait longer than it is told to", function()
    local started = core.seconds()
    local answer = assert(request("/flaky/1/429/3600", { max_wait_ms = 2000 }))
    assert.equal(429, answer.status)
    assert.is_true(core.seconds() - started < 8)
  end)

  it("waits as long as another header says, where it is told which", function()
    local answer = assert(request("/later/1", { wait_header = "x-ttl" }))
    assert.same({ 200, 2 }, { answer.status, answer.requests })
    local list = servers.requests(server)
    assert.is_true(list[#list].at - list[#list - 1].at >= 0.9)
  end)

  it("isn't repeated where no retries are wanted, and says what is wrong with a setting", function()
    assert.same({ 503, 1 }, { request("/status/503", { retries = 0 }).status, request("/status/503", { retries = 0 }).requests })
    for setting, problem in pairs { LUNETTE_HTTP_RETRIES = "some", LUNETTE_HTTP_TIMEOUT_MS = "0", LUNETTE_HTTP_MAX_BYTES = "1e3x" } do
      local got = support.run({ "-e", ('require("lunette.http").request { url = "%s/ok" }'):format(server.url) },
        { env = { [setting] = problem } })
      assert.equal(1, got.status)
      assert.matches(setting .. "=" .. problem .. ": that is no whole number", got.err)
    end
  end)

  it("gives up on a server that says nothing", function()
    local answer, message, code = request("/silent", { retries = -1 })
    assert.is_nil(answer)
    assert.equal("io", code)
    assert.matches("next to nothing", message)
  end)

  it("gives up on a server that says a byte at a time", function()
    local _, message = request("/slow", { retries = -1 })
    assert.matches("next to nothing", message)
  end)

  it("has an end to all attempts together", function()
    local started = core.seconds()
    local _, message = request("/silent", { timeout_ms = 1000, stall_timeout_ms = 20000 })
    assert.matches("longer than 1 s", message)
    assert.is_true(core.seconds() - started < 8)
  end)

  it("takes nothing for whole that was cut off, and tries again", function()
    local answer, message = request "/cut"
    assert.is_nil(answer)
    assert.is_string(message)
    assert.equal(3, count())
    assert.equal("whole", assert(request "/cut/1").body)
  end)

  it("says so when the connection is dropped or refused", function()
    assert.is_nil((request "/drop"))
    local _, message = request("http://127.0.0.1:1/", { retries = -1 })
    assert.matches("127%.0%.0%.1", message)
  end)

  it("refuses what is larger than the limit, packed or not", function()
    local _, message, code = request "/huge"
    assert.equal("limit", code)
    assert.matches("larger than 1048576 bytes", message)
    _, message, code = request "/bomb"
    assert.equal("limit", code)
    assert.matches("larger than 1048576 bytes", message)
    assert.equal(2, count())
  end)

  it("refuses garbage", function()
    assert.is_nil((request "/garbage"))
    assert.is_nil((request "/badgzip"))
    assert.is_nil((request "/heads"))
  end)

  it("follows redirects, but not for ever", function()
    assert.equal("hello", assert(request "/to/302?/ok").body)
    local _, message = request "/loop"
    assert.matches("redirects more than 5 times", message)
  end)

  it("follows no redirect to a file or another protocol", function()
    for _, target in ipairs { "file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x" } do
      local ok, answer, message = pcall(request, "/to/302?" .. target)
      assert.matches("only http and https", tostring(ok and message or answer))
      assert.is_true(not ok or answer == nil)
    end
    assert.is_false((pcall(request, "file:///etc/passwd")))
  end)

  it("follows no redirect to a URL that is too long", function()
    local answer, problem = request "/far/5000"
    assert.is_nil(answer)
    assert.matches("redirects to a URL of more than 4095 bytes", problem)
  end)

  it("turns a POST into a GET where the redirect says so", function()
    request("/to/303?/ok", { body = "x" })
    request("/to/307?/ok", { body = "x" })
    local methods = {}
    for i, each in ipairs(servers.requests(server)) do methods[i] = each.method end
    assert.same({ "POST", "GET", "POST", "POST" }, methods)
  end)

  it("asks only the hosts that are allowed, also after a redirect", function()
    assert.equal(200, assert(request("/ok", { hosts = { "127.0.0.1" } })).status)
    assert.equal(200, assert(request("/ok", { hosts = { "127.0.0.1:" .. server.port } })).status)
    assert.is_false((pcall(request, "/ok", { hosts = { "example.com" } })))
    local ok, e = pcall(request, ("/to/302?http://localhost:%s/ok"):format(server.port), { hosts = { "127.0.0.1" } })
    assert.is_false(ok)
    assert.matches("localhost", tostring(e))
  end)

  it("asks through the proxy that the environment names", function()
    local got = support.run({ "-e", [[
      local answer = require("lunette.http").request { url = "http://feed.invalid/ok", timeout_ms = 5000 }
      print(answer.status)]] }, { env = { http_proxy = server.url } })
    assert.equal("404\n", got.out)
    assert.equal("http://feed.invalid/ok", servers.requests(server)[1].path)
  end)

  it("says what is wrong with the proxy, and never its password", function()
    local function problem(env)
      env.LUNETTE_HTTP_RETRIES = "0"
      local got = support.run({ "-e", [[local http = require "lunette.http"
        print(select(2, http.request { url = os.getenv "ASKED", timeout_ms = 5000 }))]] }, { env = env })
      assert.is_nil(got.out:find("geheim", 1, true))
      return got.out
    end
    local feed, closed = "https://feed.invalid/x", "127.0.0.1:1"
    assert.matches("the proxy that https_proxy names can't be reached %(127%.0%.0%.1 port 1%)",
      problem { ASKED = feed, https_proxy = "http://me:geheim@" .. closed })
    assert.matches("the proxy that all_proxy names can't be reached",
      problem { ASKED = "http://feed.invalid/x", all_proxy = "http://me:geheim@" .. closed })
    assert.matches("what https_proxy holds is no proxy's URL", problem { ASKED = feed, https_proxy = "wss://me:geheim@" .. closed })
    assert.matches("the proxy that https_proxy names doesn't connect to it: it answered %d+",
      problem { ASKED = feed, https_proxy = server.url:gsub("//", "//me:geheim@") })
    local direct = problem { ASKED = "http://" .. closed, https_proxy = "http://me:geheim@" .. closed }
    assert.matches("127%.0%.0%.1", direct)
    assert.is_nil(direct:find("proxy", 1, true))
  end)

  it("writes a file without a name as it is", function()
    local file <close> = require("lunette.temporary").file()
    local answer = assert(request("/ok", { to = file.path }))
    assert.same({ 5, "hello" }, { answer.size, support.content(file.path) })
    assert.matches("as ordered", assert(request("/status/500", { to = file.path, retries = -1 })).body)
    assert.equal("", support.content(file.path))
    assert.equal("hello", (assert(request("/ok", { to = file.path })) and support.content(file.path)))
  end)

  it("writes a file that appears when it is whole", function()
    local path = folder .. "/download"
    local answer = assert(request("/ok", { to = path }))
    assert.is_nil(answer.body)
    assert.equal(5, answer.size)
    assert.equal("hello", support.content(path))
    for _, way in ipairs { "/cut", "/huge", "/status/500", "/silent", "/bomb" } do
      request(way, { to = path, retries = -1 })
      assert.equal("hello", support.content(path))
    end
    assert.matches("as ordered", assert(request("/status/500", { to = path, retries = -1 })).body)
    local pipe = io.popen(("ls -A '%s'"):format(folder))
    local names = pipe:read "a"
    pipe:close()
    assert.is_nil(names:find(".part", 1, true))
  end)

  it("stops at once with Ctrl-C", function()
    local script = [[timeout -s INT 1 %s -e 'require("lunette.http").request { url = "%s/silent" }' 2>&1; echo "status $?"]]
    local started = core.seconds()
    local pipe = io.popen(script:format(support.exe, server.url))
    local out = pipe:read "a"
    pipe:close()
    assert.matches("interrupted", out)
    assert.is_true(core.seconds() - started < 8)
  end)
end)

describe("TLS", function()
  local own, good, old
  setup(function()
    own = support.folder {}
    if not servers.certificates(own) then return end
    os.execute(("mkdir '%s/a' '%s/b'"):format(own, own))
    good = servers.start(own .. "/a", own .. "/good.pem", own .. "/good.key")
    old = servers.start(own .. "/b", own .. "/old.pem", own .. "/old.key")
  end)
  teardown(function()
    servers.stop(good)
    servers.stop(old)
    support.clean()
  end)

  local function ask(url, authorities)
    return support.run({ "-e", ([[
      local answer, message = require("lunette.http").request { url = "%s", timeout_ms = 5000 }
      print(answer and answer.body or message)]]):format(url) }, { env = { SSL_CERT_FILE = authorities } }).out
  end

  it("trusts the authorities it is given, and no other", function()
    if not good then return pending "openssl isn't installed" end
    assert.equal("hello\n", ask(good.url .. "/ok", own .. "/ca.pem"))
    assert.matches("certificate", ask(good.url .. "/ok", nil))
  end)

  it("refuses an expired certificate, and another host's", function()
    if not good then return pending "openssl isn't installed" end
    assert.matches("expired", ask(old.url .. "/ok", own .. "/ca.pem"))
    assert.matches("localhost", ask(good.url:gsub("127%.0%.0%.1", "localhost") .. "/ok", own .. "/ca.pem"))
  end)

  it("survives a server that hangs up while it is written to", function()
    if not good then return pending "openssl isn't installed" end
    local got = support.run({ "-e", ([[
      local body = ("x"):rep(20 << 20)
      for _ = 1, 5 do
        print((require("lunette.http").request { url = "%s/rude", body = body, timeout_ms = 5000, retries = -1 }))
      end]]):format(good.url) }, { env = { SSL_CERT_FILE = own .. "/ca.pem" } })
    assert.same({ ("nil\n"):rep(5), 0 }, { got.out, got.status })
  end)

  it("isn't left by a redirect", function()
    if not good then return pending "openssl isn't installed" end
    assert.matches("from https", ask(good.url .. "/to/302?http://127.0.0.1:1/ok", own .. "/ca.pem"))
  end)
end)
