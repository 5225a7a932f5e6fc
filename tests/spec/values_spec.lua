local lunette = require "lunette"
local core = require "lunette.core"

describe("a time", function()
  local t = lunette.time "2021-11-15 12:30:45.25"

  it("prints as ISO 8601 in UTC", function()
    assert.equal("2021-11-15T12:30:45.25Z", tostring(t))
    assert.equal("1969-12-31T23:59:59.999999Z", tostring(lunette.time(-1)))
  end)

  it("has fields", function()
    assert.same({ 2021, 11, 15, 12, 30, 45.25, 1 }, { t.year, t.month, t.day, t.hour, t.minute, t.second, t.weekday })
    assert.equal(1636979445250000, t.us)
    assert.equal(7, lunette.time("2021-11-14").weekday)
    assert.equal(4, lunette.time(0).weekday)
  end)

  it("is formatted as strftime does it", function()
    assert.equal("15.11.2021 319", t:format "%d.%m.%Y %j")
    assert.equal("December 1969", lunette.time(-1):format "%B %Y")
  end)

  it("compares, and gives the seconds to another time", function()
    local later = lunette.time "2021-11-16 12:30:45.25"
    assert.is_true(t < later and later > t and t <= t and t ~= later)
    assert.equal(86400.0, later - t)
    assert.equal(later, t + 86400)
    assert.equal(t, later - 86400)
  end)

  it("that is none says how to write one", function()
    assert.has_error(function() lunette.time "soon" end)
    local _, e = pcall(lunette.time, "soon")
    assert.equal("value", e.code)
    assert.matches("'soon' is no time %(write it as 2021", e.message)
  end)
end)

describe("an address", function()
  it("prints in its shortest form, IPv4 as such", function()
    assert.equal("2001:db8::1", tostring(lunette.ip "2001:0db8:0:0:0:0:0:1"))
    assert.equal("10.1.2.3", tostring(lunette.ip "::ffff:10.1.2.3"))
  end)

  it("knows its version and its networks", function()
    local ip = lunette.ip "10.1.2.3"
    assert.equal(4, ip.version)
    assert.equal(6, lunette.ip("2001:db8::1").version)
    assert.is_true(ip:within "10.0.0.0/8")
    assert.is_false(ip:within "11.0.0.0/8")
    assert.is_true(lunette.ip("2001:db8::1"):within "2001:db8::/32")
  end)

  it("compares as a number", function()
    assert.is_true(lunette.ip "9.0.0.0" < lunette.ip "10.0.0.0")
    assert.equal(lunette.ip "10.1.2.3", lunette.ip "::ffff:10.1.2.3")
  end)

  it("is equal to addresses only, as a time is to times only", function()
    local ip, t = lunette.ip "10.1.2.3", lunette.time(0)
    for _, pair in ipairs { { ip, t }, { ip, lunette.null }, { lunette.null, t }, { t, io.stdout } } do
      assert.is_false(pair[1] == pair[2])
    end
  end)

  it("that is none, or no range, says so", function()
    assert.matches("'1.2.3' is no IPv4 or IPv6 address", select(2, pcall(lunette.ip, "1.2.3")).message)
    assert.matches("'x' is no address range", select(2, pcall(function() return lunette.ip("::1"):within "x" end)).message)
  end)
end)

describe("null", function()
  it("is one value that prints as null", function()
    assert.equal("null", tostring(lunette.null))
    assert.equal(lunette.null, require("lunette").null)
    assert.is_userdata(lunette.null)
  end)
end)

describe("values", function()
  it("say their type", function()
    local cases = { int = 1, float = 1.0, string = "x", bool = true, time = lunette.time(0), ip = lunette.ip "::1",
      null = lunette.null }
    for name, value in pairs(cases) do assert.equal(name, core.type(value)) end
    assert.is_nil(core.type {})
  end)

  it("are written as JSON that is safe in a page", function()
    assert.equal([["\u003c/script> \u2028\u2029 \"\\\n\t\u0001"]], core.json_value "</script> \u{2028}\u{2029} \"\\\n\t\1")
    assert.equal([["\u0080\u009b31m\u00a0é\ufffd"]], (core.json_value "\u{80}\u{9b}31m\u{a0}é\xc2"):gsub("\u{a0}", "\\u00a0"))
    assert.equal([["ü\ufffd日"]], core.json_value "ü\255日")
    assert.equal("null", core.json_value(0 / 0))
    assert.equal("null", core.json_value(math.huge))
    assert.equal('"2021-11-15T00:00:00Z"', core.json_value(lunette.time "2021-11-15"))
    assert.equal("9223372036854775807", core.json_value(math.maxinteger))
  end)
end)

describe("a table made of Lua arrays", function()
  it("keeps values of all types, and nulls", function()
    local t = lunette.table {
      { name = "i", values = { 1, nil, -3, n = 4 } },
      { name = "f", values = { 1, 2.5 } },
      { name = "s", values = { "a", lunette.null, "c" } },
      { name = "b", values = { true, false } },
      { name = "t", type = "time", values = { "2021-11-15", lunette.time(0) } },
      { name = "a", type = "ip", values = { "10.0.0.1" } },
    }
    assert.equal(4, #t)
    local types = {}
    for i, column in ipairs(t:schema()) do types[i] = column.name .. " " .. column.type end
    assert.same({ "i int", "f float", "s string", "b bool", "t time", "a ip" }, types)
    assert.equal(lunette.null, t:column("i")[2])
    assert.equal(-3, t:column("i")[3])
    assert.is_nil(t:column("i")[5])
    assert.equal(lunette.time "2021-11-15", t:column("t")[1])
    assert.equal(lunette.ip "10.0.0.1", t:column("a")[1])
    assert.same({ i = 1, f = 1.0, s = "a", b = true }, (function()
      local row = t:first()
      row.t, row.a = nil, nil
      return row
    end)())
  end)

  it("has its columns in the order of their names when none is given", function()
    local t = lunette.table { port = { 443 }, family = { "QakBot" } }
    assert.same({ { name = "family", type = "string" }, { name = "port", type = "int" } }, t:schema())
  end)

  it("names the value that doesn't fit", function()
    local function message(spec) return select(2, pcall(lunette.table, spec)).message end
    assert.matches("value 2 of column 'n' is a string that is no int: x", message { n = { 1, "x" } })
    assert.matches("value 1 of column 't' is a string that is no time: soon",
      message { { name = "t", type = "time", values = { "soon" } } })
    assert.matches("no type 'integer'", message { { name = "t", type = "integer", values = {} } })
    assert.matches("value 1 of column 'n' is a table", message { n = { {} } })
    assert.matches("no field of a column is called 'valus'",
      message { { name = "t", type = "int", values = {}, valus = 1 } })
  end)

  it("refuses text that is no UTF-8, and says where", function()
    local ok, e = pcall(lunette.table, { s = { "sound", "a\xff" } })
    assert.is_false(ok)
    assert.equal("value 2 of column 's' is no UTF-8: byte 2", e.message)
  end)

  it("refuses times that leave the range", function()
    for _, seconds in ipairs { math.maxinteger, 1e30, -1e30, 0 / 0 } do
      assert.is_false(pcall(function() return lunette.time(0) + seconds end))
      assert.is_false(pcall(function() return lunette.time(0) - seconds end))
    end
    assert.equal("1970-01-01T00:00:01.5Z", tostring(lunette.time(0) + 1.5))
  end)

  it("refuses a length that has nothing to do with what is there, at once", function()
    for _, values in ipairs { { n = 1e15 }, { n = math.maxinteger, 1 }, { [1 << 50] = 1 } } do
      local ok, e = pcall(lunette.table, { a = values })
      assert.is_false(ok)
      assert.matches("the column 'a' is %d+ rows long, but no column has more than", e.message)
    end
    assert.matches("n is 1.5", select(2, pcall(lunette.table, { a = { n = 1.5 } })).message)
    assert.equal(100000, lunette.table({ a = { n = 100000 } }):length())
  end)

  it("has the first and the last time there are, which are taken apart and written", function()
    local q = lunette.table { { name = "t", type = "time",
      values = { lunette.time(math.mininteger), lunette.time(math.maxinteger) } } }
    local rows = {}
    for row in q:derive("y = year(t)", "h = hour(t)", "d = day(t)", "w = trunc(t, 'week')", "m = trunc(t, 'year')",
      "n = diff(t, $last, 'month')", "o = format(t, '%Y-%m-%d %H:%M')", { last = lunette.time(math.maxinteger) }):rows() do
      rows[#rows + 1] = row
    end
    assert.equal(-290308, rows[1].y)
    assert.equal(294247, rows[2].y)
    assert.equal(19, rows[1].h)
    assert.equal(21, rows[1].d)
    assert.equal(-7014648, rows[1].n)
    assert.equal(0, rows[2].n)
    assert.matches("^%-290308%-12%-21 19:59$", rows[1].o)
    assert.equal("-290308-12-21T19:59:05.224192Z", tostring(rows[1].t))
    assert.equal("-290308", rows[1].t:format "%Y")
  end)

  it("can be empty", function()
    local t = lunette.table { { name = "n", type = "int", values = {} } }
    assert.equal(0, #t)
    assert.is_nil(t:first())
  end)

  it("gives columns that ipairs goes over", function()
    local seen = {}
    for i, value in ipairs(lunette.table({ n = { 3, 4, 5 } }):column "n") do seen[i] = value end
    assert.same({ 3, 4, 5 }, seen)
    assert.same({ 4, 5 }, lunette.table({ n = { 3, 4, 5 } }):column("n"):values(2))
  end)
end)
