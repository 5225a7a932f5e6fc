-- Secrets: where they come from, and that they go nowhere else.
local http = require "lunette.http"
local secrets = require "lunette.secrets"
local servers = dofile "tests/spec/support/server.lua"
local support = dofile "tests/spec/support/process.lua"

local key = "k3y-that-Nobody/may see"

-- Runs code in a process of its own with a configuration folder.
local function run(code, config, env)
  local all = { XDG_CONFIG_HOME = config }
  for name, value in pairs(env or {}) do all[name] = value end
  return support.run({ "-e", code }, { env = all })
end

local function config_with(content, mode)
  local config = support.folder { ["lunette/secrets"] = content }
  os.execute(("chmod %s '%s/lunette/secrets'"):format(mode, config))
  return config
end

local print_it = [[print(require("lunette.secrets").find "service")]]

describe("a secret", function()
  after_each(support.clean)

  it("comes from the file or, before that, from the environment", function()
    local config = config_with("# mine\n\nother = x\n service = from file = yes \n", "600")
    assert.equal(("from file = yes\t%s/lunette/secrets\n"):format(config), run(print_it, config).out)
    assert.equal("from variable\tLUNETTE_SECRET_SERVICE\n",
      run(print_it, config, { LUNETTE_SECRET_SERVICE = "from variable" }).out)
  end)

  it("isn't taken from a file that others may read, and the remedy is named", function()
    for _, mode in ipairs { "644", "640", "660", "602" } do
      local got = run(print_it, config_with("service = x\n", mode))
      assert.equal(1, got.status)
      assert.equal("", got.out)
      assert.matches("chmod 600", got.err)
    end
  end)

  it("is named by doctor, which doesn't show it, and says when its file is open to others", function()
    local got = support.run({ "doctor" }, { env = { XDG_CONFIG_HOME = config_with("service = " .. key .. "\n", "600") } })
    assert.matches("secrets +service in ", got.out)
    assert.is_nil(got.out:find(key, 1, true))
    got = support.run({ "doctor" }, { env = { XDG_CONFIG_HOME = config_with("service = " .. key .. "\n", "644") } })
    assert.equal(1, got.status)
    assert.matches("chmod 600", got.out)
  end)

  it("is read from a file that another system's editor has written", function()
    local config = config_with("\xef\xbb\xbfservice = from file\r\nother = x\r\n", "600")
    assert.equal(("from file\t%s/lunette/secrets\n"):format(config), run(print_it, config).out)
  end)

  it("that is missing is an error that says where to put it", function()
    local got = run([[require("lunette.secrets").get("service")]], support.folder {})
    assert.matches("LUNETTE_SECRET_SERVICE", got.err)
    assert.matches("/lunette/secrets", got.err, 1, true)
  end)

  it("in a file that is written wrongly isn't quoted by the error", function()
    local got = run(print_it, config_with("service " .. key .. "\n", "600"))
    assert.matches("secrets:1:", got.err)
    assert.is_nil(got.err:find(key, 1, true))
  end)

  it("is blotted out in every form", function()
    secrets.derive(key)
    for _, text in ipairs { key, "x" .. key .. "y" .. key, (key:gsub("/", "%%2F"):gsub(" ", "%%20")), (key:gsub("/", "\\/")) } do
      local out = secrets.redact(text)
      assert.equal(#text, #out)
      assert.is_nil(out:find("Nobody", 1, true))
    end
    local odd = 'tok"en/<abc>&\\12345'
    secrets.derive(odd)
    for _, text in ipairs { 'tok\\"en/<abc>&\\\\12345', 'tok\\"en\\/<abc>&\\\\12345', "tok%22en%2f%3cabc%3e%26%5c12345",
      "tok%22en/%3Cabc%3E&%5C12345", "tok&quot;en/&lt;abc&gt;&amp;\\12345" } do
      assert.equal(("*"):rep(#text), secrets.redact(text))
    end
    assert.equal("nothing to hide", secrets.redact "nothing to hide")
  end)

  it("has the Base64 that the standard gives", function()
    for text, want in pairs { [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foobar = "Zm9vYmFy" } do
      assert.equal(want, secrets.base64(text))
    end
  end)

  if servers.obstacle() then return end

  it("reaches the host it is for, and no message, answer or other host", function()
    local folder, other_folder = support.folder {}, support.folder {}
    local server, other = servers.start(folder), servers.start(other_folder)
    local code = [[
      local http = require "lunette.http"
      local url, other = arg[1], arg[2]
      local function ask(path, more)
        local headers, secret = http.fill_headers { ["Auth-Key"] = "{secret:service}" }
        assert(not next(headers))
        local request = { url = url .. path, secret_headers = secret, retries = -1, timeout_ms = 3000 }
        for name, value in pairs(more or {}) do request[name] = value end
        local ok, answer, message = pcall(http.demand, request)
        print(ok, ok and answer.status, ok and answer.body, ok and answer.headers["x-echo"], ok and answer.url or answer)
      end
      ask "/echo"
      ask "/echo/403"
      ask "/echo/500"
      ask("/to/302?" .. other .. "/ok")
      ask("/" .. http.fill "{secret:service}" .. "/x")
      ask("/to/302?/" .. http.fill "{secret:service}")
      ask("/echo", { to = arg[3] })
      for line in io.lines(arg[3]) do print(line) end
      error("it was " .. http.fill "{secret:service}")]]
    local script = support.file(code, ".lua")
    local secret = "s3cret-" .. ("x"):rep(20)
    local got = support.run({ script, server.url, other.url, folder .. "/out" }, { env = { LUNETTE_SECRET_SERVICE = secret } })
    local seen = {}
    for _, each in ipairs(servers.requests(server)) do
      seen[#seen + 1] = each.headers["auth-key"] == secret
    end
    assert.same({ true, true, true, true, true, true, true, true }, seen)
    assert.equal(1, #servers.requests(other))
    assert.is_nil(servers.requests(other)[1].headers["auth-key"])
    assert.is_nil(got.out:find(secret, 1, true))
    assert.is_nil(got.err:find(secret, 1, true))
    assert.matches("%*%*%*%*", got.out)
    assert.matches("it was %*%*%*%*", got.err)
    servers.stop(server)
    servers.stop(other)
  end)

  it("isn't sent over plain http to other machines", function()
    local ok, e = pcall(http.request, { url = "http://192.0.2.1/", secret_headers = { ["Auth-Key"] = "x" } })
    assert.is_false(ok)
    assert.matches("plain http", tostring(e))
    local body_key = secrets.derive "in-the-body-1"
    ok, e = pcall(http.request, { url = "http://192.0.2.1/", body = '{"key": "' .. body_key .. '"}' })
    assert.is_false(ok)
    assert.matches("plain http", tostring(e))
  end)

  it("in a body isn't sent on to another host", function()
    local folder = support.folder {}
    local server = servers.start(folder)
    local other = server.url:gsub("127%.0%.0%.1", "localhost")
    local body_key = secrets.derive "in-the-body-2"
    local answer, problem = http.request { url = server.url .. "/to/307?" .. other .. "/echo", body = "key=" .. body_key, retries = -1 }
    assert.is_nil(answer)
    assert.matches("isn't sent the secret in the request's body", problem)
    assert.equal(1, #servers.requests(server))
    answer = http.request { url = server.url .. "/to/307?" .. other .. "/echo", body = "no key", retries = -1 }
    assert.equal(200, answer.status)
    servers.stop(server)
  end)

  it("is for the host that is asked, not for one that a URL looks like", function()
    for url, host in pairs { ["https://a.example/x"] = "a.example", ["https://a.example:443@b.example/"] = "b.example",
      ["http://b.example:80?@a.example"] = "b.example", ["https://[::1]:8/"] = "[::1]", ["HTTPS://me@A.example#@b"] = "A.example" } do
      assert.equal(host, http.host(url))
    end
    assert.is_nil(http.host "file:///etc/passwd")
    assert.is_nil(http.host "https:///x")
  end)
end)
