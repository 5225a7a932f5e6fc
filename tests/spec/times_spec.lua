-- Times as text in forms that logs have: clocks of twelve hours, days of a year, names of days and zones, leap seconds.
local lunette = require "lunette"
local feeds = dofile "tests/spec/support/feeds.lua"

local one = lunette.table { n = { 1 } }

local function value_of(expression) return one:select("v = " .. expression):first().v end

local function parsed(text, format)
  local value = value_of(("try_parse_time('%s', '%s')"):format(text, format))
  return value and tostring(value)
end

describe("parse_time", function()
  it("reads clocks of twelve hours", function()
    local format = "%m/%d/%Y %I:%M:%S %p"
    assert.are.equal("2021-11-15T14:30:00Z", parsed("11/15/2021 02:30:00 PM", format))
    assert.are.equal("2021-11-15T00:00:00Z", parsed("11/15/2021 12:00:00 am", format))
    assert.are.equal("2021-11-15T12:00:01Z", parsed("11/15/2021 12:00:01 Pm", format))
    assert.is_nil(parsed("11/15/2021 13:00:00 PM", format))
    assert.is_nil(parsed("11/15/2021 00:00:00 AM", format))
    assert.is_nil(parsed("11/15/2021 02:30:00 XM", format))
    assert.are.equal("1970-01-01T14:00:00Z", parsed("14:00 PM", "%H:%M %p"))
  end)

  it("reads days of a year that it has", function()
    assert.are.equal("2021-11-15T00:00:00Z", parsed("2021-319", "%Y-%j"))
    assert.are.equal("2020-12-31T00:00:00Z", parsed("366/20", "%j/%y"))
    assert.is_nil(parsed("2021-366", "%Y-%j"))
    assert.is_nil(parsed("2021-000", "%Y-%j"))
  end)

  it("reads names of days and of the zone, as mails and web servers write times", function()
    assert.are.equal("2021-11-15T12:30:45Z", parsed("Mon, 15 Nov 2021 12:30:45 GMT", "%a, %d %b %Y %T %Z"))
    assert.are.equal("2021-11-15T00:00:00Z", parsed("monday 15 November 2021 UTC", "%A %d %B %Y %Z"))
    assert.is_nil(parsed("Mo, 15 Nov 2021", "%a, %d %b %Y"))
    assert.is_nil(parsed("15 Nov 2021 CET", "%d %b %Y %Z"))
  end)
end)

describe("format", function()
  it("writes clocks of twelve hours that parse_time reads again", function()
    for hour, wanted in pairs { [0] = "12:05 AM", [1] = "01:05 AM", [11] = "11:05 AM", [12] = "12:05 PM", [23] = "11:05 PM" } do
      local text = value_of(("format(time('2021-11-15') + %d, '%%I:%%M %%p')"):format(hour * 3600 + 300))
      assert.are.equal(wanted, text)
      assert.are.equal(("1970-01-01T%02d:05:00Z"):format(hour), parsed(text, "%I:%M %p"))
    end
  end)
end)

describe("a leap second", function()
  it("is the second behind it, at the end of a day in UTC only", function()
    assert.are.equal("2017-01-01T00:00:00.5Z", tostring(value_of "time('2016-12-31T23:59:60.5Z')"))
    assert.are.equal("2017-01-01T00:00:00Z", tostring(value_of "time('2017-01-01T05:29:60+05:30')"))
    assert.are.equal("2017-01-01T00:00:00Z", parsed("2017-01-01 08:59:60 +0900", "%F %T %z"))
    assert.is_nil(parsed("2017-01-01 08:58:60 +0900", "%F %T %z"))
    assert.is_nil(value_of "try_time('2016-12-31T23:58:60Z')")
    assert.is_nil(value_of "try_time('2016-12-31T23:59:61Z')")
  end)

  it("leaves a column of times one", function()
    local wanted = { "2016-12-31T23:59:59Z", "2017-01-01T00:00:00Z" }
    local function check(path)
      local times = {}
      for row in lunette.read(path):rows() do times[#times + 1] = tostring(row.t) end
      assert.are.same(wanted, times)
    end
    feeds.with_file("t,n\n2016-12-31T23:59:59Z,1\n2016-12-31T23:59:60Z,2\n", ".csv", check)
    feeds.with_file('{"t":"2016-12-31 23:59:59"}\n{"t":"2016-12-31 23:59:60"}\n', ".json", check)
  end)
end)
