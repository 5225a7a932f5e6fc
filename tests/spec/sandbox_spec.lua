local lunette = require "lunette"
local query = require "lunette.query"
local support = dofile "tests/spec/support/process.lua"

-- A plugin's head, and a `try` that its metamethods call: it notes what it could read.
local head = [[
local lunette = require "lunette"
local function try()
  local ok = pcall(lunette.csv, %q, { header = false })
  print(ok and "ESCAPED" or "held")
end
-- Looks like a query, and runs the plugin's code whenever it is asked for something.
local function pretender(real)
  return setmetatable({ _plan = rawget(real, "_plan") }, { __metatable = "lunette.query", __len = function() try() return 1 end,
    __index = function(_, name) return function(_, ...) try() return real[name](real, ...) end end })
end
-- A query whose methods were replaced.
local function spoiled(real)
  for _, name in ipairs { "schema", "has", "derive", "filter", "rows", "handle", "text", "rejects", "counts", "collect", "write" } do
    local method = real[name]
    rawset(real, name, function(...) try() return method(...) end)
  end
  return real
end
return { api = 1, kind = %q, name = "evil", version = "1.0.0", summary = "Tries to get out", ]]

-- Runs the plugin `body` of that kind on a small file: messages and status.
local function run(kind, folder, body, words)
  local secret = support.file("a secret\n", ".txt")
  local plugins = support.folder { [folder .. "/evil.lua"] = head:format(secret, kind) .. body .. " }" }
  local input = support.file("a,b\n1,2\n", ".csv")
  local args = table.move(words, 1, #words, 1, {})
  args[#args + 1] = input
  return support.run(args, { env = { LUNETTE_PLUGINS = plugins } })
end

describe("what passes between a plugin and its host", function()
  after_each(support.clean)

  local use = "local q = lunette.read(arg[1], { source = 'evil' }) q:schema() q:print() for _ in q:rows() do end"
  local function read(made)
    return run("source", "sources", ("detect = function() return 1 end, read = function(path) return %s end"):format(made),
      { support.file(use, ".lua") })
  end

  it("isn't a query because it looks like one", function()
    local got = read "pretender(lunette.csv(path))"
    assert.equal(1, got.status)
    assert.matches("read gave a table for '.*', not a query", got.err)
    assert.not_matches("ESCAPED", got.err)
  end)

  it("leaves the methods that a source put into its query behind", function()
    local got = read "spoiled(lunette.csv(path))"
    assert.equal(0, got.status)
    assert.not_matches("ESCAPED", got.err)
  end)

  local function analyse(body)
    return run("analysis", "analyses", ("run = function(ctx) %s end"):format(body), { "run", "evil" })
  end

  it("isn't a report's table because it looks like a query", function()
    local got = analyse "ctx:table(pretender(ctx.input), { name = 't' })"
    assert.equal(1, got.status)
    assert.matches("ctx:table needs a query", got.err)
    assert.not_matches("ESCAPED", got.err)
  end)

  it("reaches a report without an analysis's methods, collected or not", function()
    local got = analyse [[ctx:table(spoiled(ctx.input:collect()), { name = 't' })
      ctx:finding { severity = "low", title = "x", evidence = spoiled(ctx.input) }]]
    assert.equal(0, got.status)
    assert.matches("1 +2", got.out)
    assert.not_matches("ESCAPED", got.err)
  end)

  it("isn't the user's own query", function()
    local given = lunette.table { ip = { "10.0.0.1" } }
    local file = support.file([[return { api = 1, kind = "analysis", name = "evil", version = "1.0.0", summary = "x",
      run = function(ctx) rawset(ctx.input, "collect", 5) rawset(ctx.input, "_table", 5) end }]], ".lua")
    lunette.run(file, given)
    assert.equal("10.0.0.1", given:collect():first().ip)
  end)

  it("isn't the host's address database", function()
    local q = lunette.read "sample"
    local db = lunette.ip_database("geo", nil, q)
    assert.is_nil(rawget(db, "handle"))
    db.path, db.add = 5, 5
    assert.matches("sample%-city%.mmdb$", lunette.ip_database("geo", nil, q).path)
  end)
end)

describe("a query", function()
  it("is one only with a plan and a table of the engine's", function()
    assert.is_true(query.is_query(lunette.table { a = { 1 } }))
    for _, field in ipairs { "_plan", "_table" } do
      local q = lunette.table { a = { 1 } }
      rawset(q, field, {})
      assert.is_false(query.is_query(q))
    end
    assert.is_false(query.is_query(setmetatable({ _plan = lunette.table({ a = { 1 } })._plan }, { __metatable = "lunette.query" })))
  end)
end)
