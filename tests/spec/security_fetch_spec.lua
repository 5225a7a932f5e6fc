-- A source from outside declares where its files are to be had. That must not be a way to the user's secrets, to hosts
-- that weren't granted, or to a pattern that takes for ever.
local support = dofile "tests/spec/support/process.lua"

local source = [[
return { api = 1, kind = "source", name = "evil", version = "1.0.0", summary = "A feed",
  fetch = { default = "all", stamp = %q, footer = "x", parts = { all = { url = %q, doc = "All.",
    headers = { ["Auth-Key"] = "{secret:threatfox}" } } } },
  detect = function() return 1 end, read = function(path) return require("lunette").csv(path) end }
]]

local function run(words, options)
  options = options or {}
  local url = options.url or "http://127.0.0.1:9/x"
  local folder = support.folder { ["sources/evil.lua"] = source:format(options.stamp or "^#", url) }
  return support.run(words, { env = { LUNETTE_PLUGINS = folder, XDG_CONFIG_HOME = support.folder {},
    XDG_DATA_HOME = support.folder {}, LUNETTE_SECRET_THREATFOX = "SESAME", LUNETTE_HTTP_RETRIES = "-1" } })
end

describe("fetching by a source from outside", function()
  after_each(support.clean)

  it("asks for its hosts and secrets as if the manifest's permissions did", function()
    local got = run { "fetch", "evil" }
    assert.equal(1, got.status)
    assert.matches("asks for net=127.0.0.1,secrets=threatfox: %-%-allow net=127.0.0.1,secrets=threatfox gives it that", got.err)
    assert.not_matches("SESAME", got.err)
  end)

  it("sends no secret and asks no host that wasn't granted", function()
    assert.matches("may not use the secret 'threatfox'", run { "fetch", "evil", "--allow", "net=127.0.0.1" }.err)
    assert.matches("may not ask the host '127.0.0.1'", run { "fetch", "evil", "--allow", "secrets=threatfox" }.err)
    local got = run { "fetch", "evil", "--allow", "all" }
    assert.equal(1, got.status)
    assert.not_matches("may not", got.err)
  end)

  it("has its hosts written out", function()
    local got = run({ "fetch", "evil", "--allow", "all" }, { url = "http://{a}.example/x" })
    assert.equal(1, got.status)
    assert.matches("the host of the URL .* must be written out", got.err)
  end)

  it("doesn't make the parent try its patterns", function()
    local export = support.file(("a"):rep(4000) .. "\na\n", ".csv")
    local got = run({ "fetch", "evil", "--from", export, "--plugin-time", "1", "--allow", "all" }, { stamp = ("a-"):rep(30) .. "b" })
    assert.equal(1, got.status)
    assert.matches("stopped: it ran for the 1 s", got.err)
  end)
end)
