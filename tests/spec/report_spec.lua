local lunette = require "lunette"
local analysis = require "lunette.analysis"
local json = require "lunette.json"
local output = require "lunette.output"
local support = dofile "tests/spec/support/process.lua"
local decode = require("dkjson").decode

local iocs = lunette.table {
  { name = "family", values = { "QakBot", "Trick<Bot>", "QakBot" } },
  { name = "port", values = { 995, 449, 443 } },
}

-- A plugin around a run function.
local function plugin(run, more)
  local out = { api = 1, kind = "analysis", name = "mine", version = "1.2.3", summary = "Mine | *all* mine", params = {},
    input = { family = "string" }, run = run }
  for key, value in pairs(more or {}) do out[key] = value end
  return out
end

local function report(run, more, given) return analysis.execute(plugin(run, more), iocs, given) end

local function message(run)
  local ok, e = pcall(report, run)
  assert.is_false(ok)
  return e.message
end

local function counts(ctx)
  local n = ctx.input:group_by("family"):agg("count = count()")
  ctx:metric { name = "families", value = #n, title = "Families" }
  ctx:table(n, { name = "counts", title = "Counts", note = "all of them" })
  ctx:table(ctx.input:head(1), { name = "first" })
  ctx:chart { name = "bars", kind = "bar", data = n, x = "family", y = "count" }
  ctx:finding { severity = "high", title = "QakBot \27leads", evidence = n:head(1), chart = "bars" }
  ctx:text "Some *text*."
end

describe("a report", function()
  it("holds what the analysis gave it, in order", function()
    local got = report(counts)
    assert.equal(2, got.metrics[1].value)
    assert.equal(2, #got:table "counts")
    assert.equal(got:table(), got:table "counts")
    local kinds = {}
    for i, entry in ipairs(got.items) do kinds[i] = entry.kind end
    assert.same({ "metric", "table", "table", "chart", "finding", "text" }, kinds)
  end)

  it("names the nearest table when asked for one that isn't there", function()
    local _, e = pcall(report(counts).table, report(counts), "cuonts")
    assert.equal("'mine' has no table 'cuonts' (did you mean 'counts'?); its tables are counts, first", e.message)
  end)

  it("refuses what can't be a part of it, and says why", function()
    assert.matches("ctx:table needs a query, not a string", message(function(ctx) ctx:table("x", { name = "x" }) end))
    assert.matches("ctx:table needs the field 'name'", message(function(ctx) ctx:table(ctx.input, {}) end))
    assert.matches("no field of table is called 'tilte' %(did you mean 'title'%?%)",
      message(function(ctx) ctx:table(ctx.input, { name = "x", tilte = "X" }) end))
    assert.matches("there are two tables called 'x'", message(function(ctx)
      ctx:table(ctx.input, { name = "x" })
      ctx:table(ctx.input, { name = "x" })
    end))
    assert.matches("there is no kind 'bra' %(did you mean 'bar'%?%)",
      message(function(ctx) ctx:chart { name = "c", kind = "bra", data = ctx.input } end))
    assert.matches("x is 'famly', but its data has no such column %(did you mean 'family'%?%)",
      message(function(ctx) ctx:chart { name = "c", kind = "bar", data = ctx.input, x = "famly" } end))
    assert.matches("severity is info, low, medium or high",
      message(function(ctx) ctx:finding { severity = "grave", title = "x" } end))
    assert.matches("the value of 'm' is a table", message(function(ctx) ctx:metric { name = "m", value = {} } end))
  end)
end)

describe("an analysis", function()
  it("isn't run on an input that it doesn't fit, and is told why", function()
    local function fails(input)
      local ok, e = pcall(report, function() error "ran" end, { input = input })
      assert.is_false(ok)
      return e.message
    end
    assert.matches("no column 'famly' %(string%) %(did you mean 'family'%?%)", fails { famly = "string" })
    assert.matches("the column 'port' is int, not string", fails { port = "string" })
    assert.matches("the input's columns are family, port %(if they are called otherwise: "
      .. "lunette convert FILE NEW.csv %-%-columns family,nothing=…%)", fails { nothing = "any", family = "string" })
    assert.is_nil(fails({ port = "string" }):find("convert", 1, true))
  end)

  it("gets its parameters checked", function()
    local specs = { params = { n = { type = "int", default = 1, doc = "N." } } }
    local seen
    report(function(ctx) seen = ctx.params.n end, specs, { n = "5" })
    assert.equal(5, seen)
    assert.is_false((pcall(report, function() end, specs, { m = "5" })))
  end)

  it("can't read or write files", function()
    local path = support.temporary ".csv"
    local ok, e = pcall(report, function(ctx) ctx.input:write(path) end)
    assert.is_false(ok)
    assert.matches("the plugin 'mine' may not write", e.message)
    iocs:write(path) -- the grant ended with the run
    support.clean()
  end)

  it("hears nothing of the grant of the one before", function()
    pcall(report, function() error "broken" end)
    local path = support.temporary ".csv"
    iocs:write(path)
    assert.matches("family,port", support.content(path))
    support.clean()
  end)
end)

describe("the JSON of a run", function()
  local document = decode(json.report(report(counts)))

  it("has the plugin, its version, input and parameters", function()
    assert.equal("mine", document.plugin)
    assert.equal("1.2.3", document.version)
    assert.is_table(document.input)
    assert.is_table(document.params)
  end)

  it("has tables as columns with types, and rows as arrays", function()
    local counted = document.tables[1]
    assert.equal("counts", counted.name)
    assert.same({ { name = "family", type = "string" }, { name = "count", type = "int" } },
      { { name = counted.columns[1].name, type = counted.columns[1].type },
        { name = counted.columns[2].name, type = counted.columns[2].type } })
    assert.same({ "QakBot", 2 }, { counted.rows[1][1], counted.rows[1][2] })
    assert.equal("Trick<Bot>", counted.rows[2][1])
  end)

  it("has metrics, charts with their data, and findings with their evidence", function()
    assert.equal(2, document.metrics[1].value)
    assert.equal("bar", document.charts[1].kind)
    assert.equal("family", document.charts[1].x)
    assert.equal(2, #document.charts[1].rows)
    assert.equal("high", document.findings[1].severity)
    assert.equal(1, #document.findings[1].evidence.rows)
    assert.equal("Some *text*.", document.texts[1])
  end)

  it("can stand inside a page's script", function()
    assert.is_nil(json.report(report(counts)):find("<", 1, true))
  end)

  it("tells the units of columns, which must be the table's", function()
    local function with(units)
      return report(function(ctx) ctx:table(lunette.table { seconds = { 1.5 }, n = { 2 } }, { name = "t", units = units }) end)
    end
    local columns = decode(json.report(with { seconds = "s" })).tables[1].columns
    assert.same({ name = "seconds", type = "float", unit = "s" }, columns[1].name == "seconds" and columns[1] or columns[2])
    assert.has_error(function() with { second = "s" } end)
    assert.has_error(function() with { n = 1 } end)
  end)

  it("has one table only when one is asked for", function()
    local one = decode(json.report(report(counts), "first"))
    assert.equal(1, #one.tables)
    assert.equal("first", one.tables[1].name)
  end)
end)

describe("a report for people", function()
  it("shows metrics, tables and findings, and no control bytes", function()
    local text = output.text(report(counts))
    assert.matches("Families: 2", text)
    assert.matches("Counts\nall of them\nfamily +count\nstring +int\nQakBot +2\n", text)
    assert.matches("%[high%] QakBot \\eleads", text)
    assert.is_nil(text:find "\27")
  end)

  it("is what print shows of it", function()
    local text = tostring(lunette.run("families", "sample", { min_count = 3000 }))
    assert.matches("^How many IOCs [^\n]*\nfamilies 1%.0%.0 on sample, .*\n%[info%] [^\n]*$", text)
  end)

  it("is Markdown with what would be markup escaped", function()
    local text = output.markdown(report(counts))
    assert.matches("^# Mine \\| \\%*all\\%* mine\n", text)
    assert.matches("## Counts", text, 1, true)
    assert.matches("%*%*high: QakBot", text)
  end)
end)
