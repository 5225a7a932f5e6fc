-- What logs hold where tools were configured otherwise, or had nothing to say.
local lunette = require "lunette"
local feeds = dofile "tests/spec/support/feeds.lua"

local function rows_of(text, ending, options)
  local rows, rejects
  feeds.with_file(text, ending, function(path)
    local query = lunette.read(path, options)
    rows = {}
    for row in query:rows() do rows[#rows + 1] = row end
    rejects = #query:rejects()
  end)
  return rows, rejects
end

describe("the source zeek", function()
  it("takes times in milliseconds for such", function()
    local record = '{"ts":%s,"uid":"C1","id.orig_h":"192.0.2.1","id.resp_h":"198.51.100.7"}\n'
    local rows = rows_of(record:format "1609459200123" .. record:format "1609459201500", ".log")
    assert.are.equal("2021-01-01T00:00:00.123Z", tostring(rows[1].time))
    assert.are.equal("2021-01-01T00:00:01.5Z", tostring(rows[2].time))
    rows = rows_of(record:format '"2021-01-01T00:00:00Z"' .. record:format "1609459200123" .. record:format "1609459201.25", ".log")
    assert.are.same({ "2021-01-01T00:00:00Z", "2021-01-01T00:00:00.123Z", "2021-01-01T00:00:01.25Z" },
      { tostring(rows[1].time), tostring(rows[2].time), tostring(rows[3].time) })
  end)
end)

describe("the source suricata", function()
  it("keeps an event whose address is an empty text", function()
    local rows, rejects = rows_of('{"timestamp":"2022-02-23T19:22:24.4+0100","event_type":"anomaly","src_ip":"","dest_ip":"192.0.2.1",'
      .. '"src_port":"","flow_id":1}\n{"timestamp":"","event_type":"anomaly","src_ip":"192.0.2.2","flow_id":2}\n'
      .. '{"timestamp":"2022-02-23T19:22:24.4+0100","event_type":"anomaly","src_ip":"x","flow_id":3}\n', ".json")
    assert.are.same({ 2, 1 }, { #rows, rejects })
    assert(rows[1].src_ip == nil and rows[1].src_port == nil and tostring(rows[1].dst_ip) == "192.0.2.1")
    assert(rows[2].time == nil and tostring(rows[2].src_ip) == "192.0.2.2")
  end)
end)

describe("the source weblog", function()
  local line = '%s - - [%s] "GET / HTTP/1.1" 200 1 "-" "%s"\n'

  it("takes the first of several clients that a proxy passed on", function()
    local rows = rows_of(line:format("192.0.2.1, 198.51.100.7", "17/May/2015:12:05:03 +0000", "a")
      .. line:format("2001:db8::1,192.0.2.9, 192.0.2.10", "17/May/2015:12:05:03 +0000", "b"), ".log")
    assert.are.same({ "192.0.2.1", "192.0.2.1, 198.51.100.7" }, { tostring(rows[1].src_ip), rows[1].client })
    assert.are.same({ "2001:db8::1", "b" }, { tostring(rows[2].src_ip), rows[2].user_agent })
    assert(rows[1].user == nil and rows[2].user == nil)
  end)

  it("reads times with fractions, and ISO 8601", function()
    local rows = rows_of(line:format("192.0.2.1", "17/May/2015:12:05:03.250 +0200", "a"), ".log")
    assert.are.equal("2015-05-17T10:05:03.25Z", tostring(rows[1].time))
    rows = rows_of(line:format("192.0.2.1", "2015-05-17T12:05:03+02:00", "a"), ".log")
    assert.are.equal("2015-05-17T10:05:03Z", tostring(rows[1].time))
  end)

  it("has backslashes as they were", function()
    local rows = rows_of(line:format("192.0.2.1", "17/May/2015:12:05:03 +0000", [[C:\\Windows \"x\" \\\"y\\ \x16]]), ".log")
    assert.are.equal([[C:\Windows "x" \"y\ \x16]], rows[1].user_agent)
  end)
end)
