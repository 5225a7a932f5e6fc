local manifest = require "lunette.manifest"
local plugins = require "lunette.plugin"
local support = dofile "tests/spec/support/process.lua"

local function sound()
  return { api = 1, kind = "analysis", name = "mine", version = "1.0.0", summary = "What it does", run = function() end }
end

-- The problems of a sound manifest with some fields changed; `false` takes a field out.
local function problems_with(changes)
  local value = sound()
  for key, change in pairs(changes) do
    value[key] = change ~= false and change or nil
  end
  return manifest.problems(value)
end

describe("a manifest", function()
  it("that is complete has no problems", function() assert.same({}, manifest.problems(sound())) end)

  it("names an unknown field and the nearest one", function()
    assert.same({ "unknown field 'parms' (did you mean 'params'?)" }, problems_with { parms = {} })
  end)

  it("names a missing field and what to write", function()
    assert.same({ "the field 'version' is missing: write version = \"1.0.0\"" }, problems_with { version = false })
    assert.matches("the field 'run' is missing: write run = function%(ctx%)", problems_with({ run = false })[1])
  end)

  it("names a field of the wrong type", function()
    assert.same({ "the field 'categories' is a string, not a table" }, problems_with { categories = "ioc" })
    assert.matches("the field 'api' is a string, not a number: write api = 1", problems_with({ api = "1" })[1])
  end)

  it("names a field that another kind has", function()
    assert.matches("the field 'detect' doesn't belong into a plugin of kind 'analysis'",
      problems_with({ detect = function() end })[1])
  end)

  it("names an unknown kind and the nearest one", function()
    assert.matches("the field 'kind' must be one of analysis, enrich, source %(did you mean 'analysis'%?%)",
      problems_with({ kind = "analisys" })[1])
  end)

  it("names a column type that there isn't", function()
    assert.matches("the field 'input' gives the column 'port' a type that isn't there, 'integer' %(did you mean 'int'%?%)",
      problems_with({ input = { port = "integer" } })[1])
  end)

  it("reports every problem at once", function()
    assert.equal(3, #problems_with { version = false, summary = 5, nmae = "x" })
  end)

  it("must be a table", function()
    assert.matches("the file returns nothing", manifest.problems(nil)[1])
    assert.matches("the file returns a string", manifest.problems("x")[1])
  end)
end)

describe("a plugin file", function()
  after_each(support.clean)

  local function load(text) return plugins.load(support.file(text, ".lua")) end

  it("that is broken says where, and doesn't raise", function()
    local plugin, problems = load "return {"
    assert.is_nil(plugin)
    assert.matches("%.lua:1: ", problems[1])
  end)

  it("that fails while it runs says so", function()
    local _, problems = load "error 'no luck'"
    assert.matches("the file can't be run: .*no luck", problems[1])
  end)

  it("sees no io, os, package, debug or load", function()
    for _, name in ipairs { "io", "os", "package", "debug", "load", "loadfile", "dofile", "collectgarbage" } do
      local _, problems = load(("error(%s == nil and 'absent' or 'present')"):format(name))
      assert.matches("absent$", problems[1])
    end
  end)

  it("can't reach the strings' metatable, or leave a finalizer", function()
    local _, problems = load "error(tostring(getmetatable '' ))"
    assert.matches("nil$", problems[1])
    _, problems = load "setmetatable({}, { __gc = function() end })"
    assert.matches("a plugin can't set __gc", problems[1])
  end)

  it("can't change what other plugins see", function()
    load "string.format = nil; lunette.read = nil; math.floor = 5; return nil"
    assert.is_function(string.format)
    assert.is_function(math.floor)
    assert.is_function(require("lunette").read)
  end)

  it("may not read files while it is loaded", function()
    local path = support.file("a,b\n1,2\n", ".csv")
    local _, problems = load(("lunette.csv %q"):format(path))
    assert.matches("may not read '" .. path:gsub("%p", "%%%0") .. "'", problems[1])
  end)

  it("can require lunette only", function()
    local _, problems = load "require 'socket'"
    assert.matches("can require \"lunette\"", problems[1])
  end)
end)

local text = [[return { api = 1, kind = "analysis", name = "%s", version = "1.0.0", summary = "%s", run = function() end }]]

describe("discovery", function()
  after_each(support.clean)

  it("finds plugins in LUNETTE_PLUGINS before the bundled ones, and doesn't stop at a broken file", function()
    local folder = support.folder {
      ["analyses/ports.lua"] = text:format("ports", "My own ports"),
      ["analyses/broken.lua"] = "return {",
      ["loose.lua"] = text:format("loose", "Lies in the root"),
    }
    local got = support.run({ "list", "analysis" }, { env = { LUNETTE_PLUGINS = folder } })
    assert.equal(0, got.status)
    assert.matches("ports +My own ports", got.out)
    assert.matches("loose +Lies in the root", got.out)
    assert.matches("families", got.out)
    assert.matches("broken%.lua is broken: ", got.err)
  end)

  it("finds plugins in the user's configuration", function()
    local folder = support.folder { ["lunette/plugins/analyses/mine.lua"] = text:format("mine", "My own") }
    local got = support.run({ "list" }, { env = { XDG_CONFIG_HOME = folder } })
    assert.matches("mine +My own", got.out)
  end)

  it("never looks into the current directory by itself", function()
    local got = support.run({ "run", "support", "sample" })
    assert.equal(2, got.status)
    assert.matches("no analysis 'support'", got.err)
  end)

  it("wants the file to be called as the plugin", function()
    local folder = support.folder { ["analyses/a.lua"] = text:format("b", "B") }
    local got = support.run({ "run", "a", "sample" }, { env = { LUNETTE_PLUGINS = folder } })
    assert.equal(1, got.status)
    assert.matches("a%.lua: the file must be called b%.lua", got.err)
  end)

  it("names the nearest plugin", function()
    local got = support.run { "run", "familes", "sample" }
    assert.equal(2, got.status)
    assert.matches("no analysis 'familes' %(did you mean 'families'%?%)", got.err)
  end)
end)

describe("lunette check", function()
  after_each(support.clean)

  it("lists everything that is wrong, and ends with 1", function()
    local path = support.file("return { api = 1, kind = 'analysis', nmae = 'x' }", ".lua")
    local got = support.run { "check", path }
    assert.equal(1, got.status)
    assert.matches("unknown field 'nmae' %(did you mean 'name'%?%)", got.out)
    assert.matches("the field 'summary' is missing", got.out)
  end)

  it("is content with what is sound", function()
    local got = support.run { "check", support.file(text:format("mine", "Mine"), ".lua") }
    assert.equal(0, got.status)
    assert.matches("mine 1.0.0 is sound", got.out)
  end)
end)
