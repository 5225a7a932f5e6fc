-- lunette.chart: a chart of one's own, drawn and saved; and the figures of a report as Markdown and JSON.
local access = require "lunette.access"
local lunette = require "lunette"
local output = require "lunette.output"
local process = dofile "tests/spec/support/process.lua"

local hostile = "</text><script>alert(1)</script>\27[2J\"'&]]>"

local function data()
  return lunette.table { name = { hostile, "QakBot", "日本語" }, other = { "a", "b", "```" }, n = { 3, 2, 1 },
    lat = { 52.5, 1.3, -33.9 }, lon = { 13.4, 103.8, 151.2 },
    t = { lunette.time "2024-01-01", lunette.time "2024-02-01", lunette.time "2024-03-01" } }
end

local kinds = {
  { kind = "bar", x = "name", y = "n" }, { kind = "bar", x = "name", y = "n", color = "other", stacked = true },
  { kind = "area", x = "t", y = "n", color = "name" }, { kind = "area", x = "name", y = "n" },
  { kind = "line", x = "t", y = "n", color = "name" }, { kind = "line", x = "name", y = "n" },
  { kind = "scatter", x = "n", y = "lat", color = "name" }, { kind = "histogram", x = "n" }, { kind = "histogram", x = "t" },
  { kind = "box", x = "name", y = "n" }, { kind = "heatmap", x = "name", y = "other", size = "n" },
  { kind = "map", lat = "lat", lon = "lon", size = "n", color = "name" },
  { kind = "network", source = "name", target = "other", size = "n" }, { kind = "sankey", source = "name", target = "other" },
}

-- Whether every tag that is opened is closed, in order: enough of XML for what svg writes.
local function well_formed(text)
  local open = {}
  for close, name, attributes in text:gmatch "<(/?)([%a]+)([^<>]*)>" do
    if close == "/" then
      if table.remove(open) ~= name then return false end
    elseif attributes:sub(-1) ~= "/" then
      open[#open + 1] = name
    end
  end
  return #open == 0 and not text:gsub("<[^<>]*>", ""):find "[<>]" and not text:gsub("&%a+;", ""):gsub("&#39;", ""):find "&"
end

describe("a chart of one's own", function()
  teardown(process.clean)

  it("is saved as a picture that holds no markup of the data, in every kind", function()
    for _, given in ipairs(kinds) do
      given.data, given.title = data(), "A chart of " .. hostile
      local path = process.temporary ".svg"
      lunette.chart(given):save(path)
      local text = process.content(path)
      assert.is_truthy(text:find("^<svg xmlns="), given.kind)
      assert.is_true(well_formed(text), given.kind)
      assert.is_nil(text:find "<script")
      assert.is_nil(text:find "\27")
      assert.is_nil(text:find "href")
      assert.is_nil(text:find "nan")
    end
  end)

  it("is saved as a page with its table, and as text", function()
    local chart = lunette.chart { kind = "bar", title = "Mine", data = data(), x = "name", y = "n" }
    local page, text = process.temporary ".html", process.temporary ".txt"
    chart:save(page)
    assert.is_truthy(process.content(page):find("Content-Security-Policy", 1, true))
    assert.is_truthy(process.content(page):find('"title":"Mine"', 1, true))
    assert.is_nil(process.content(page):find("<script>alert", 1, true))
    chart:save(text)
    assert.is_truthy(process.content(text):find("^Mine\n"))
    assert.is_nil(process.content(text):find "\27")
  end)

  it("of a report is drawn by the report's show, on a terminal only", function()
    local done = process.run({ "-e", 'lunette.run("topn", t, { by = "port", n = 3 }):show()', "sample" }, { env = { TERM = "xterm" } })
    assert.is_truthy(done.out:find("^The most frequent values"))
    assert.is_nil(done.out:find "█")
    local script = process.file('require("lunette").run("topn", "sample", { by = "port", n = 3 }):show()', ".lua")
    local pty = process.temporary()
    os.execute(("script -qec 'env -u NO_COLOR LUNETTE_TRUST=scripts TERM=xterm LC_ALL=C.UTF-8 %s %s' %s > /dev/null < /dev/null"):format(
      process.absolute(), script, pty))
    assert.is_truthy(process.content(pty):find("\27%[94m█+"))
  end)

  it("is drawn by show, and by print in plain characters", function()
    local script = process.file([[
      local lunette = require "lunette"
      local chart = lunette.chart { kind = "bar", title = "Mine", data = lunette.table { k = { "a" }, n = { 2 } }, x = "k", y = "n" }
      chart:show()
      print(chart)
    ]], ".lua")
    local done = process.run({ script }, { env = { COLUMNS = "40", LC_ALL = "C" } })
    assert.equal("", done.err)
    assert.is_truthy(done.out:find "^Mine\na #+ 2\nMine\na ")
  end)

  it("says what is wrong: a field, a kind, a column, an ending", function()
    local function message(fn, ...) return tostring(select(2, pcall(fn, ...))) end
    local d = data()
    assert.is_truthy(message(lunette.chart, { kind = "bar", data = d, x = "name" }):find("a bar needs the field 'y'", 1, true))
    assert.is_truthy(message(lunette.chart, { kind = "bars", data = d }):find("did you mean 'bar'", 1, true))
    assert.is_truthy(message(lunette.chart, { kind = "bar", data = d, x = "nane", y = "n" }):find("did you mean 'name'", 1, true))
    assert.is_truthy(message(lunette.chart, { kind = "bar", data = d, colour = "name" }):find("did you mean 'color'", 1, true))
    assert.is_truthy(message(lunette.chart, { kind = "bar", data = {}, x = "name", y = "n" }):find("data is a table", 1, true))
    local chart = lunette.chart { kind = "bar", data = d, x = "name", y = "n" }
    assert.is_truthy(message(chart.save, chart, "/tmp/x.pgn"):find(".html, .svg or .txt", 1, true))
    assert.is_truthy(message(chart.save, chart, "/no/such/folder/x.svg"):find("/no/such/folder", 1, true))
  end)

  it("can't be saved by a plugin that may not write there", function()
    local chart, path = lunette.chart { kind = "bar", data = data(), x = "name", y = "n" }, process.temporary ".svg"
    local ok, e = pcall(access.with, { plugin = "mine", read = {}, write = {} }, chart.save, chart, path)
    assert.is_false(ok)
    assert.is_truthy(tostring(e):find("may not write", 1, true))
    assert.is_nil(io.open(path))
  end)

  it("is drawn for a confined script, which saves it only where it may write", function()
    local path = process.temporary ".svg"
    local script = process.file(([[
      local lunette = require "lunette"
      local chart = lunette.chart { kind = "bar", title = "Mine", data = lunette.table { k = { "a" }, n = { 2 } }, x = "k", y = "n" }
      print "before"
      chart:show()
      print "behind"
      chart:save %q
    ]]):format(path), ".lua")
    local env = { LUNETTE_TRUST = "", COLUMNS = "40", LC_ALL = "C" }
    local done = process.run({ script }, { env = env })
    assert.equal(1, done.status)
    assert.is_truthy(done.out:find "^before\nMine\na #+ 2\nbehind\n$")
    assert.is_truthy(done.err:find("may not write", 1, true))
    assert.is_nil(io.open(path))
    done = process.run({ "--allow", "write=" .. path, script }, { env = env })
    assert.equal("", done.err)
    assert.is_true(well_formed(process.content(path)))
  end)
end)

describe("a report as Markdown", function()
  it("has the findings first, figures in fences that no text of the data ends, and the first rows of tables", function()
    local report = require("lunette.report").new { plugin = "mine", version = "1.0.0", title = "Mine", params = {} }
    report:add_table(lunette.table { n = (function() local n = {} for i = 1, 80 do n[i] = i / 7 end return n end)() }, { name = "many" })
    report:add_chart { name = "c", kind = "bar", title = "Bars", data = lunette.table { k = { "```` x" }, n = { 1 } }, x = "k", y = "n" }
    report:add_finding { severity = "high", title = "Look *here*" }
    local text = output.markdown(report)
    assert.is_truthy(text:find("\n- **high: Look \\*here\\***\n", 1, true))
    assert.is_true(text:find("Look", 1, true) < text:find("## many", 1, true))
    assert.is_truthy(text:find "\n`````text\n```` x [█▉▊▋▌▍▎▏]+ 1\n`````\n")
    assert.is_truthy(text:find("| 0.1429 |", 1, true))
    assert.is_truthy(text:find("50 of 80 rows; all of them: `--format md --table many`", 1, true))
  end)

  it("tells of a chart that can't be drawn, and shows the rest", function()
    local report = require("lunette.report").new { plugin = "mine", version = "1.0.0", title = "Mine", params = {} }
    report:add_chart { name = "c", kind = "map", title = "Places", data = data() }
    assert.is_truthy(output.text(report, { charts = true, width = 60 }):find("a map needs the field 'lat'", 1, true))
    assert.is_truthy(output.markdown(report):find("a map needs the field 'lat'", 1, true))
  end)
end)
