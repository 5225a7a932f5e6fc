-- Charts drawn with characters: what the terminal says decides what is drawn, every line fits, no text of data gets out
-- unescaped, and the amounts in the picture are those of the data.
local blocks = require "lunette.terminal.blocks"
local charts = require "lunette.terminal.charts"
local land = require "lunette.terminal.land"
local lunette = require "lunette"
local paint = require "lunette.terminal.paint"
local process = dofile "tests/spec/support/process.lua"
local width = require "lunette.width"

local function env(values) return function(name) return values[name] end end

local function depth(values, is_terminal)
  return paint.detect(env(values), is_terminal ~= false).depth
end

local plain = paint.new { depth = 0, unicode = true }
local ascii = paint.new { depth = 0, unicode = false }

local function lines_of(given, how, columns) return lunette.chart(given):lines { paint = how or plain, width = columns or 60 } end

local function without_codes(line) return (line:gsub("\27%[[%d;]*m", "")) end

describe("a timeline by month", function()
  local function months(list)
    local n = {}
    for i in ipairs(list) do n[i] = i end
    local data = lunette.table { { name = "month", type = "time", values = list }, { name = "n", values = n } }
    local lines = lines_of { kind = "area", title = "t", data = data, x = "month", y = "n" }
    return lines[#lines]
  end

  it("has a column for each month, also for those without a row", function()
    assert.equal("2021-01-01 to 2021-12-01; a column is 1 month", months { "2021-01-01", "2021-02-01", "2021-05-01", "2021-12-01" })
    assert.equal("2020-01-01 to 2021-07-01; a column is 3 months", months { "2020-01-01", "2020-04-01", "2021-01-01", "2021-07-01" })
  end)

  it("is one of days where a day is no month's first", function()
    assert.matches("a column is 1 week$", months { "2021-01-01", "2021-01-08", "2021-12-02" })
  end)
end)

describe("what a terminal can show", function()
  it("is told by COLORTERM, TERM and NO_COLOR, and nothing is dressed for what is no terminal", function()
    assert.equal(24, depth { TERM = "xterm", COLORTERM = "truecolor" })
    assert.equal(24, depth { TERM = "screen", COLORTERM = "24bit" })
    assert.equal(24, depth { TERM = "xterm-direct" })
    assert.equal(24, depth { TERM = "xterm-kitty" })
    assert.equal(256, depth { TERM = "xterm-256color" })
    assert.equal(256, depth { TERM = "tmux-256color" })
    assert.equal(16, depth { TERM = "xterm" })
    assert.equal(16, depth { TERM = "linux" })
    assert.equal(0, depth { TERM = "dumb", COLORTERM = "truecolor" })
    assert.equal(0, depth { TERM = "vt100" })
    assert.equal(0, depth {})
    assert.equal(0, depth { TERM = "xterm-256color", NO_COLOR = "1" })
    assert.equal(256, depth { TERM = "xterm-256color", NO_COLOR = "" })
    assert.equal(0, depth({ TERM = "xterm-256color", COLORTERM = "truecolor" }, false))
  end)

  it("is ASCII unless the locale says UTF-8", function()
    assert.is_true(paint.is_unicode(env { LANG = "de_DE.UTF-8" }))
    assert.is_true(paint.is_unicode(env { LC_CTYPE = "C.utf8" }))
    assert.is_false(paint.is_unicode(env { LC_ALL = "C", LANG = "de_DE.UTF-8" }))
    assert.is_true(paint.is_unicode(env { LC_ALL = "", LANG = "de_DE.UTF-8" }))
    assert.is_false(paint.is_unicode(env { LANG = "de_DE.ISO-8859-1" }))
    assert.is_false(paint.is_unicode(env {}))
  end)

  it("gets the colours that it knows", function()
    local blue = { r = 0, g = 95, b = 255, ansi = 94 }
    assert.equal("\27[94mx\27[0m", paint.new { depth = 16, unicode = true }:dress(blue, "x"))
    assert.equal("\27[38;5;27mx\27[0m", paint.new { depth = 256, unicode = true }:dress(blue, "x"))
    assert.equal("\27[38;2;0;95;255mx\27[0m", paint.new { depth = 24, unicode = true }:dress(blue, "x"))
    assert.equal("\27[38;2;0;95;255;48;2;0;95;255mx\27[0m", paint.new { depth = 24, unicode = true }:dress(blue, "x", blue))
    assert.equal("x", plain:dress(blue, "x"))
  end)

  it("is asked by run: ASCII and no codes in another locale, charts only where asked when there is no terminal", function()
    local function run(...) return process.run({ "run", "ports", "sample", ... }, { env = { COLUMNS = "80" } }).out end
    assert.is_nil(run():find("busiest ports", 1, true))
    local text = run "--charts"
    assert.is_nil(run("--no-charts"):find("busiest ports", 1, true))
    assert.is_truthy(text:find "The 15 busiest ports\ncounts [^\n]*\n443")
    assert.is_nil(text:find "\27")
    local out = io.popen(("env LC_ALL=C COLUMNS=70 %s run geomap sample --charts 2>/dev/null"):format(process.absolute()))
    text = out:read "a"
    out:close()
    assert.is_truthy(text:find("Where families are hosted", 1, true))
    assert.is_nil(text:find "[\128-\255]")
    local help = process.run({ "run", "--help" }, { env = { LC_ALL = "C" } }).out
    assert.is_truthy(help:find("[INPUT...] [name=value...]", 1, true))
    assert.is_nil(help:find "[\128-\255]")
  end)

  it("is ASCII in another locale whatever a plugin is called by: list, info, doctor", function()
    local folder = process.folder { ["analyses/mine.lua"] = [[return { api = 1, kind = "analysis", name = "mine", version = "1.0.0",
      summary = "Counts … für alle", description = "Zählt.", categories = { "ioc" }, author = "A", license = "MIT", input = {},
      params = {}, permissions = {}, run = function() end }]], ["ä/none"] = "" }
    local function said(locale, word, name)
      return process.run({ word, name }, { env = { LC_ALL = locale, LUNETTE_PLUGINS = folder .. ":" .. folder .. "/ä" } }).out
    end
    for word, texts in pairs { list = { "Counts … für alle", "Counts ... f\\u{fc}r alle" }, info = { "Zählt.", "Z\\u{e4}hlt." },
      doctor = { "/ä", "/\\u{e4}" } } do
      local name = word == "info" and "mine" or nil
      assert.is_truthy(said("C.UTF-8", word, name):find(texts[1], 1, true), word)
      local text = said("C", word, name)
      assert.is_truthy(text:find(texts[2], 1, true), text)
      assert.is_nil(text:find "[\128-\255]", word)
    end
  end)
end)

-- A chart of each kind whose texts are hostile: control bytes, direction marks, wide characters, and very long.
local function hostile()
  local names = { "\27]0;owned\7", "日本語の名前", "a\nb", "\u{202e}gpj.exe", ("long "):rep(60), "%s%d", "`tick`", "" }
  local data = { name = {}, other = {}, n = {}, x = {}, t = {}, lat = {}, lon = {} }
  for i = 1, 64 do
    data.name[i], data.other[i] = names[i % #names + 1], names[i // #names % #names + 1]
    data.n[i], data.x[i], data.t[i] = i * 37 % 101, i * 1.5, lunette.time "2024-02-28" + i * 7200
    data.lat[i], data.lon[i] = i * 2.5 - 80, i * 5.6 - 179
  end
  data = lunette.table(data)
  local title = "\27[2Jtitle\u{202e} 日本語"
  return {
    { kind = "bar", x = "name", y = "n" }, { kind = "bar", x = "name", y = "n", color = "other" },
    { kind = "bar", x = "name", y = "n", color = "other", stacked = true },
    { kind = "area", x = "t", y = "n", color = "name" }, { kind = "area", x = "name", y = "n" },
    { kind = "line", x = "t", y = "n", color = "name" }, { kind = "line", x = "name", y = "n" },
    { kind = "scatter", x = "x", y = "n", color = "name", log = true }, { kind = "histogram", x = "n" },
    { kind = "histogram", x = "t", y = "n" }, { kind = "box", x = "name", y = "n" }, { kind = "box", y = "n" },
    { kind = "heatmap", x = "name", y = "other", size = "n" }, { kind = "heatmap", x = "n", y = "name" },
    { kind = "map", lat = "lat", lon = "lon", size = "n", color = "name" }, { kind = "map", lat = "lat", lon = "lon" },
    { kind = "network", source = "name", target = "other", size = "n" }, { kind = "sankey", source = "name", target = "other" },
  }, data, title
end

describe("a chart of characters", function()
  it("fits 60, 80 and 160 columns in every kind and every paint, with hostile and wide text", function()
    local list, data, title = hostile()
    local paints = { plain, ascii }
    for _, each in ipairs { 16, 256, 24 } do paints[#paints + 1] = paint.new { depth = each, unicode = true } end
    paints[#paints + 1] = paint.new { depth = 24, unicode = false }
    paints[#paints + 1] = paint.new { depth = 24, unicode = true, dark = false }
    for _, given in ipairs(list) do
      given.data, given.title = data, title
      for _, how in ipairs(paints) do
        for _, columns in ipairs { 60, 80, 160 } do
          for _, line in ipairs(lines_of(given, how, columns)) do
            if how.depth > 0 then line = without_codes(line) end
            assert.is_nil(line:find "[%c]", given.kind .. ": " .. line)
            assert.is_nil(line:find("\u{202e}", 1, true))
            assert.is_true(width.of(line) <= columns, ("%s at %d: %d: %s"):format(given.kind, columns, width.of(line), line))
            if not how.unicode then assert.is_nil(line:find "[\128-\255]", line) end
          end
        end
      end
    end
  end)

  it("says what is missing, and what there is nothing of", function()
    local data = lunette.table { a = { "x" }, n = { 1 } }
    local ok, message = pcall(lines_of, { kind = "map", data = data, lat = "n" })
    assert.is_false(ok)
    assert.is_truthy(tostring(message):find("a map needs the field 'lon'", 1, true))
    for _, given in ipairs(hostile()) do
      given.data = select(2, hostile()):head(0)
      assert.is_true(#lines_of(given) >= 2)
    end
    assert.equal("(nothing to draw)", lines_of({ kind = "bar", data = data:head(0), x = "a", y = "n" })[2])
  end)

  it("draws nulls, NaN and infinities without falling over", function()
    local data = lunette.table { { name = "x", type = "float", values = { 1, lunette.null, 0 / 0, math.huge, 2 } },
      { name = "y", type = "float", values = { lunette.null, 1, 0 / 0, -math.huge, 3 } },
      { name = "name", type = "string", values = { "a", lunette.null, "b", "a", "c" } } }
    for _, given in ipairs { { kind = "bar", x = "name", y = "y" }, { kind = "line", x = "x", y = "y", color = "name" },
      { kind = "scatter", x = "x", y = "y" }, { kind = "histogram", x = "x" }, { kind = "box", x = "name", y = "y" },
      { kind = "heatmap", x = "name", y = "x", size = "y" }, { kind = "map", lat = "x", lon = "y", size = "y" },
      { kind = "area", x = "x", y = "y", color = "name" }, { kind = "network", source = "name", target = "name", size = "y" } } do
      given.data = data
      assert.is_true(#lines_of(given) >= 2)
    end
  end)

  it("takes columns of any type in any place, or says which one it can't draw, on the terminal and as a picture", function()
    local random, types = require("lunette.kit.dga").random(42), { "int", "float", "string", "time", "ip", "bool" }
    local make = {
      int = function() return random(1006) - 6 end, float = function() return random(9) == 1 and 1e18 or random(100000) / 1000 - 3 end,
      string = function() return ({ "a", "bb", "日本", "\27[1m", "x y", "" })[random(6)] end,
      time = function() return lunette.time(random(2000000000) * 1000000) end, bool = function() return random(2) == 1 end,
      ip = function() return lunette.ip(("10.0.%d.%d"):format(random(3), random(3))) end,
    }
    local kinds = { "bar", "line", "area", "scatter", "map", "heatmap", "network", "sankey", "histogram", "box" }
    for round = 1, 300 do
      local given, columns = { kind = kinds[round % #kinds + 1], stacked = random(2) == 1, log = random(4) == 1 }, {}
      local n_rows = ({ 0, 1, 2, 5, 40, 200 })[random(6)]
      for i, name in ipairs { "x", "y", "color", "size", "lat", "lon", "source", "target" } do
        local kind, values = types[random(#types)], {}
        for row = 1, n_rows do values[row] = random(8) == 1 and lunette.null or make[kind]() end
        columns[i], given[name] = { name = name, type = kind, values = values }, name
      end
      if random(3) == 1 then given.color = nil end
      given.data = lunette.table(columns)
      local ok, chart = pcall(lunette.chart, given)
      if not ok then assert.is_truthy(tostring(chart):find("a column of type %a+; a %a+ needs numbers"), tostring(chart)) end
      for _, line in ipairs(not ok and {} or chart:lines { width = 60 + random(100), paint = random(2) == 1 and plain or ascii }) do
        assert.is_nil(line:find "%c")
      end
      local holder = require("lunette.report").new { plugin = "x", version = "1", title = "x", params = {} }
      given.name = "x"
      local picture = require("lunette.svg").draw(holder:add_chart(given), require("lunette.html.colours").rank { holder })
      assert.is_nil(picture:find '="%-?nan' or picture:find '="%-?inf', given.kind)
    end
  end)

  it("has bars as long as their values, to an eighth of a character", function()
    local lines = lines_of({ kind = "bar", data = lunette.table { k = { "a", "b", "c", "d" }, n = { 80, 40, 1, 0 } }, x = "k", y = "n" },
      plain, 60)
    local function eighths(line)
      local n = 0
      for _, code in utf8.codes(line) do
        if code == 0x2588 then n = n + 8 elseif code >= 0x2589 and code <= 0x258f then n = n + 0x2590 - code end
      end
      return n
    end
    local whole = eighths(lines[2])
    assert.equal(whole // 2, eighths(lines[3]))
    assert.equal(math.floor(whole / 80 + 0.5), eighths(lines[4]))
    assert.equal("d  0", lines[5])
  end)

  it("keeps every part of a stack in its place", function()
    local function entry(letter) return { letter = letter } end
    local a, b = entry "a", entry "b"
    local cells = blocks.stack({ { entry = a, value = 3 }, { entry = b, value = 5 } }, 16, 4) -- 6 and 10 eighths of 32
    assert.equal(2, #cells)
    assert.same({ a, b, 6 }, { cells[1].under, cells[1].over, cells[1].split })
    assert.same({ b, 8 }, { cells[2].under, cells[2].split })
    assert.is_nil(cells[2].over)
    assert.equal(0, #blocks.stack({ { entry = a, value = 0 } }, 16, 4))
  end)

  it("puts places where they are on the map", function()
    local function at(lat, lon)
      local data = lunette.table { lat = { lat }, lon = { lon }, who = { "Zeus" } }
      local lines = lines_of({ kind = "map", title = "m", data = data, lat = "lat", lon = "lon", color = "who" }, ascii, 60)
      for i = 2, #lines - 1 do
        local column = lines[i]:find("Z", 1, true)
        if column then return { i - 1, column } end
      end
    end
    assert.same({ 1, 1 }, at(83.9, -180))
    assert.same({ 12, 60 }, at(-57.9, 180))
    assert.same(at(-58, 0), at(-89, 0)) -- below the map's edge: on it
    assert.same({ 8, 31 }, at(0, 0))
    assert.is_true(land.at(13.4, 52.5) and land.at(-74.5, 41) and land.at(103.5, 1.5) == land.at(103.5 + 360, 1.5))
    assert.is_false(land.at(-30, 40) or land.at(-140, -20) or land.at(80, -30))
  end)

  it("adds up in a timeline, whatever is put together to a column", function()
    local data = { day = {}, n = {}, who = {} }
    for i = 1, 1000 do data.day[i], data.n[i], data.who[i] = lunette.time "2020-01-01" + i * 86400, i % 7, i % 3 == 0 and "a" or "b" end
    local item = lunette.chart { kind = "area", data = lunette.table(data), x = "day", y = "n", color = "who" }.item
    local timeline = require "lunette.terminal.timeline"
    for _, columns in ipairs { 60, 80, 160 } do
      local drawn = timeline.reduce(item, { width = columns, paint = plain, ranking = { who = { "a", "b" } } })
      local sum = 0
      for _, one in ipairs(drawn.series) do
        for _, value in ipairs(one.values) do sum = sum + value end
      end
      assert.equal(3003, sum)
      assert.is_true(#drawn.starts <= columns - 10)
    end
  end)

  it("lets the engine make many rows few: 200,000 places and times", function()
    local data = lunette.table { n = (function() local n = {} for i = 1, 200000 do n[i] = i end return n end)() }
      :derive("lat = float(n * 7 % 140 - 56)", "lon = float(n * 13 % 360 - 180)", "t = time(1600000000 + n * 60)",
        "who = string(n % 40)", "one = 1"):collect()
    local before = os.clock()
    lines_of({ kind = "map", data = data, lat = "lat", lon = "lon", size = "one", color = "who" }, plain, 160)
    lines_of({ kind = "area", data = data, x = "t", y = "one", color = "who" }, plain, 160)
    lines_of({ kind = "scatter", data = data, x = "t", y = "lat", color = "who" }, plain, 160)
    assert.is_true(os.clock() - before < 10, "seconds of processor time: " .. os.clock() - before)
  end)
end)

describe("a logarithmic axis", function()
  local axis = require "lunette.terminal.axis"
  local function ticks(low, high, n)
    local out = {}
    for i, at in ipairs(axis.log_ticks(low, high, n)) do out[i] = tonumber(("%.4g"):format(10 ^ at)) end
    return out
  end

  it("is marked at powers of ten, fewer where it is long, and between them where it is short", function()
    assert.same({ 10, 100, 1000, 10000 }, ticks(0.5, 4.2, 5))
    assert.same({ 1, 1000, 1e6, 1e9 }, ticks(0, 10, 4))
    assert.same({ 20, 50, 100, 200 }, ticks(1.2, 2.4, 5))
    assert.is_true(#ticks(1.31, 1.36, 4) >= 2)
  end)

  it("is so on the terminal and in pictures", function()
    local data = lunette.table { x = { 1, 2, 3 }, y = { 3, 500, 40000 } }
    local chart = lunette.chart { kind = "line", log = true, data = data, x = "x", y = "y" }
    local text = table.concat(chart:lines { width = 130, paint = plain }, "\n")
    local picture = require("lunette.svg").draw(chart.item, {})
    for _, label in ipairs { "10", "100", "1,000", "10,000" } do
      assert.is_truthy(text:find(" " .. label .. " ", 1, true), label)
      assert.is_truthy(picture:find(">" .. label .. "<", 1, true), label)
    end
  end)
end)

describe("charts.lines", function()
  it("draws every kind that a report may hold", function()
    local list, data = hostile()
    local seen = {}
    for _, given in ipairs(list) do seen[given.kind] = true end
    for _, kind in ipairs { "bar", "line", "area", "scatter", "map", "heatmap", "network", "sankey", "histogram", "box" } do
      assert.is_true(seen[kind], kind)
    end
    local item = lunette.chart { kind = "bar", data = data, x = "name", y = "n" }.item
    assert.is_true(#charts.lines(item, { width = 60, paint = plain, ranking = {} }) > 5)
  end)
end)
