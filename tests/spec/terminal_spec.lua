local terminal = require "lunette.terminal"
local width = require "lunette.width"

-- What terminal.table needs of a table: columns as { name, type, values as text or false }.
local function fake(...)
  local columns = { ... }
  return setmetatable({
    schema = function()
      local out = {}
      for i, column in ipairs(columns) do out[i] = { name = column[1], type = column[2] } end
      return out
    end,
    texts = function(_, first, n)
      local out = {}
      for i, column in ipairs(columns) do out[i] = table.move(column[3], first, first + n - 1, 1, {}) end
      return out
    end,
  }, { __len = function() return #columns[1][3] end })
end

local function lines(result, options)
  options = options or {}
  options.rows = options.rows or 20
  options.width = options.width or 80
  local out = {}
  for line in terminal.table(result, options):gmatch "([^\n]*)\n" do out[#out + 1] = line end
  return out
end

describe("a table on a terminal", function()
  it("has a row of types under the header, and numbers to the right", function()
    assert.same({
      "family    count",
      "string      int",
      "QakBot       12",
      "TrickBot      3",
    }, lines(fake({ "family", "string", { "QakBot", "TrickBot" } }, { "count", "int", { "12", "3" } })))
  end)

  it("has the units of columns beside their types", function()
    local got = lines(fake({ "interval", "float", { "1.5" } }, { "n", "int", { "3" } }),
      { units = { interval = "s", n = "日本" } })
    assert.same({ " interval           n", "float (s)  int (日本)", "      1.5           3" }, got)
  end)

  it("marks what is cut with dots in a locale without UTF-8, and shows escapes for what it can't show", function()
    local ascii = require("lunette.terminal.paint").new { depth = 0, unicode = false }
    local got = lines(fake({ "a", "string", { ("x"):rep(100), "é" } }), { width = 40, paint = ascii })
    assert.equal(("x"):rep(37) .. "...", got[3])
    assert.equal("\\u{e9}", got[4])
  end)

  it("shows null as null", function()
    assert.same({ "n", "int", "null", "   1" }, (function()
      local got = lines(fake { "n", "int", { false, "1" } })
      got[1], got[2] = got[1]:match "%S+", got[2]:match "%S+"
      return got
    end)())
  end)

  it("gives the floats of a column the same number of decimals, at most four", function()
    local got = lines(fake { "share", "float", { "0.5", "0.18396852063", "12.0", "0.00001", "6.859181013786954e-05", "1e+300",
      "nan", false } })
    assert.same({ "  0.5000", "  0.1840", " 12.0000", "   1e-05", "6.86e-05", "  1e+300", "     nan", "    null" },
      table.move(got, 3, 10, 1, {}))
    assert.equal("    2", lines(fake { "share", "float", { "2.0" } })[3])
  end)

  it("shows times without what says nothing", function()
    assert.equal("2021-11-15", lines(fake { "day", "time", { "2021-11-15T00:00:00Z" } })[3])
    assert.equal("2021-11-15 12:00:00", lines(fake { "day", "time", { "2021-11-15T12:00:00Z", false } })[3])
  end)

  it("shows control bytes, escape sequences and direction controls as escapes", function()
    local got = lines(fake { "na\27me", "string", { "\27]0;owned\7", "a\nb", "\u{202e}x" } })
    assert.same({ "na\\eme", "string", "\\e]0;owned\\x07", "a\\nb", "\\u{202e}x" }, got)
  end)

  it("aligns wide and combining characters", function()
    local got = lines(fake({ "s", "string", { "日本", "e\u{301}x" } }, { "n", "int", { "1", "2" } }))
    assert.equal("日本      1", got[3])
    assert.equal("e\u{301}x        2", got[4])
    for _, line in ipairs(got) do assert.equal(11, width.of(line)) end
  end)

  it("fits the terminal: the widest text is cut, with a mark", function()
    local got = lines(fake({ "a", "string", { ("x"):rep(100) } }, { "b", "string", { "short" } },
      { "n", "int", { "1234567" } }), { width = 40 })
    for _, line in ipairs(got) do assert.is_true(width.of(line) <= 40) end
    assert.matches("x+…  short   1234567", got[3])
  end)

  it("cuts fractions of seconds before texts, and what names the row last", function()
    local function columns()
      return { "ioc", "string", { "203.0.113.200:8443" } }, { "at", "time", { "2021-11-22T09:00:02.779329Z" } },
        { "family", "string", { "Cobalt Strike and more" } }
    end
    local function row(room) return lines(fake(columns()), { width = room })[3] end
    assert.equal("203.0.113.200:8443  2021-11-22 09:00:02.779329  Cobalt Strike and more", row(70))
    assert.equal("203.0.113.200:8443  2021-11-22 09:00:02  Cobalt Strike and more", row(69))
    assert.equal("203.0.113.200:8443  2021-11-22 09:00:02  Cobalt Stri…", row(53))
  end)

  it("names the columns that don't fit at all", function()
    local columns = {}
    for i = 1, 20 do columns[i] = { "column" .. i, "int", { "1" } } end
    local got = lines(fake(table.unpack(columns)), { width = 60 })
    for _, line in ipairs(got) do assert.is_true(width.of(line) <= 60) end
    assert.matches("^… 14 more columns: column7, ", got[4])
  end)

  it("says how many rows there are when it doesn't show them all", function()
    local values = {}
    for i = 1, 50 do values[i] = tostring(i) end
    local got = lines(fake { "n", "int", values }, { rows = 2 })
    assert.equal("… 2 of 50 rows", got[5])
    assert.equal("… 2 of 900 rows", lines(fake { "n", "int", values }, { rows = 2, total = 900 })[5])
    assert.equal("… no rows", lines(fake { "n", "int", {} })[3])
  end)
end)
