local params = require "lunette.params"
local lunette = require "lunette"

local specs = {
  min_count = { type = "int", default = 100, min = 1, max = 1000, doc = "Least." },
  share = { type = "float", default = 0.5, doc = "Share." },
  unit = { type = "string", default = "day", choices = { "day", "week", "month" }, doc = "Unit." },
  deep = { type = "bool", default = false, doc = "Deep." },
  since = { type = "time", min = "2020-01-01", doc = "Since." },
  host = { type = "ip", doc = "Host." },
}

local function parse(given) return params.parse("analysis 'ports'", specs, given) end

local function message(given)
  local ok, e = pcall(parse, given)
  assert.is_false(ok)
  return e.message
end

describe("parameters", function()
  it("have their defaults when nothing is given", function()
    assert.same({ min_count = 100, share = 0.5, unit = "day", deep = false }, parse {})
  end)

  it("are read from text by their type", function()
    local values = parse { min_count = "7", share = "1", unit = "week", deep = "yes", since = "2021-11-15", host = "10.0.0.1" }
    assert.equal(7, values.min_count)
    assert.equal("integer", math.type(values.min_count))
    assert.equal("float", math.type(values.share))
    assert.is_true(values.deep)
    assert.equal(lunette.time "2021-11-15", values.since)
    assert.equal(lunette.ip "10.0.0.1", values.host)
  end)

  it("are taken as Lua values too", function()
    assert.equal(7, parse({ min_count = 7.0 }).min_count)
    assert.equal(2.0, parse({ share = 2 }).share)
  end)

  it("that are unknown name the nearest one and list all", function()
    assert.equal("analysis 'ports' has no parameter 'min_cuont' (did you mean 'min_count'?); "
      .. "its parameters are deep, host, min_count, share, since, unit", message { min_cuont = "1" })
  end)

  it("that aren't of their type say what they should be", function()
    assert.equal("analysis 'ports': min_count=many is not a whole number", message { min_count = "many" })
    assert.equal("analysis 'ports': min_count=1.5 is not a whole number", message { min_count = "1.5" })
    assert.equal("analysis 'ports': deep=maybe is not true or false", message { deep = "maybe" })
    assert.matches("host=nowhere is not an IPv4 or IPv6 address", message { host = "nowhere" })
    assert.matches("since=soon is not a time", message { since = "soon" })
  end)

  it("that are out of range or not among the choices say the limits", function()
    assert.equal("analysis 'ports': min_count=0 is below 1", message { min_count = "0" })
    assert.equal("analysis 'ports': min_count=1001 is above 1000", message { min_count = "1001" })
    assert.equal("analysis 'ports': unit=weak is none of day, week, month (did you mean 'week'?)", message { unit = "weak" })
    assert.matches("since=2019%-12%-31 is below 2020%-01%-01", message { since = "2019-12-31" })
  end)

  it("that overflow 64 bits are refused", function()
    assert.matches("is not a whole number", message { min_count = "99999999999999999999" })
  end)

  it("that are required must be given", function()
    local ok, e = pcall(params.parse, "analysis 'x'", { key = { type = "string", required = true, doc = "The key." } }, {})
    assert.is_false(ok)
    assert.equal("analysis 'x' needs the parameter key=… (The key.)", e.message)
  end)
end)

describe("declarations of parameters", function()
  it("that are sound have no problems", function()
    for name, spec in pairs(specs) do assert.same({}, params.problems(name, spec)) end
  end)

  it("with an unknown type name the nearest one", function()
    local problems = params.problems("n", { type = "integer", doc = "N." })
    assert.matches("type must be one of bool, file, float, input, int, ip, string, time", problems[1])
  end)

  it("with an unknown field name the nearest one", function()
    assert.matches("params.n has the unknown field 'defualt' %(did you mean 'default'%?%)",
      params.problems("n", { type = "int", doc = "N.", defualt = 1 })[1])
  end)

  it("whose default breaks their own rules are refused", function()
    assert.matches("params.n.default is below 5", params.problems("n", { type = "int", doc = "N.", min = 5, default = 1 })[1])
    assert.matches("params.n.default is not a whole number",
      params.problems("n", { type = "int", doc = "N.", default = "x" })[1])
  end)

  it("must say what they do", function()
    assert.matches("params.n.doc is missing", params.problems("n", { type = "int" })[1])
  end)
end)
