local lunette = require "lunette"

local function time(text) return lunette.time(text) end

local log = lunette.table {
  { name = "time", values = { time "2021-11-03", time "2021-11-21", lunette.null, time "2021-11-01" } },
  { name = "ip", values = { lunette.ip "10.1.2.3", lunette.ip "10.9.9.9", lunette.ip "2001:db8::1", lunette.ip "192.0.2.1" } },
  { name = "port", values = { 443, 80, 8080, 22 } },
}
local known = lunette.table {
  { name = "ip", values = { lunette.ip "10.1.2.3", lunette.ip "10.9.9.9", lunette.ip "10.9.9.9" } },
  { name = "time", values = { time "2021-11-01", time "2021-11-21", time "2021-11-22" } },
  { name = "family", values = { "QakBot", "TrickBot", "Dridex" } },
}
local networks = lunette.table {
  { name = "network", values = { "10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32", lunette.null } },
  { name = "owner", values = { "company", "lab", "guests", "nobody" } },
}
local ports = lunette.table {
  { name = "low", values = { 0, 440, 8000 } }, { name = "high", values = { 1023, 449, 8080 } },
  { name = "what", values = { "system", "tls", "web" } },
}

local function values(query, name)
  local out = {}
  for row in query:rows() do out[#out + 1] = row[name] == nil and "-" or tostring(row[name]) end
  return out
end

local function message(fn, ...)
  local ok, e = pcall(fn, ...)
  assert.is_false(ok)
  return tostring(e)
end

describe("asof_join", function()
  it("gives each row what was last known, with nulls where nothing was", function()
    local joined = log:asof_join(known, "time", { by = "ip" })
    assert.same({ "QakBot", "TrickBot", "-", "-" }, values(joined, "family"))
    assert.is_true(joined:has("time_right", "time") and not joined:has "ip_right")
  end)

  it("looks forward, to the nearest, strictly, and no further than the tolerance", function()
    assert.same({ "-", "TrickBot", "-", "-" }, values(log:asof_join(known, "time", { by = "ip", direction = "forward" }), "family"))
    assert.same({ "-", "Dridex", "-", "-" },
      values(log:asof_join(known, "time", { by = "ip", direction = "forward", strict = true }), "family"))
    assert.same({ "QakBot", "Dridex", "-", "QakBot" },
      values(log:derive "time = if_else(port == 80, time + 80000, time)":asof_join(known, "time", { direction = "nearest" }), "family"))
    assert.same({ "-", "TrickBot", "-", "-" }, values(log:asof_join(known, "time", { by = "ip", tolerance = "36h" }), "family"))
    assert.same({ "QakBot", "TrickBot", "-", "-" },
      values(log:asof_join(known, "time", { by = "ip", tolerance = 2 * 86400 }), "family"))
    assert.same({ "443", "80" }, values(log:asof_join(known, "time", { by = "ip", kind = "semi" }), "port"))
  end)

  it("names mistakes in its options", function()
    assert.matches("'direction' is one of backward, forward, nearest, not 'backwards' %(did you mean 'backward'%?%)",
      message(log.asof_join, log, known, "time", { direction = "backwards" }))
    local numbers = lunette.table { n = { 1, 2 } }
    assert.matches("the tolerance '5s' is a length of time, but 'n' is int: write a number",
      message(numbers.asof_join, numbers, numbers, "n", { tolerance = "5s" }))
    assert.matches("'tolerance' is a number .* not 'a week'", message(log.asof_join, log, known, "time", { tolerance = "a week" }))
    assert.matches("'kind' is one of", message(log.asof_join, log, known, "time", { kind = "outer" }))
    assert.matches("no column 'tim'", message(log.asof_join, log, known, "time = tim"))
    assert.matches("needs a query", message(log.asof_join, log, 5, "time"))
  end)
end)

describe("range_join", function()
  it("gives all ranges that hold the value, or the narrowest", function()
    assert.same({ "system", "tls", "system", "web", "system" }, values(log:range_join(ports, "port between low and high"), "what"))
    assert.same({ "tls", "system", "web", "system" },
      values(log:range_join(ports, "port between low and high", { match = "narrowest" }), "what"))
    assert.same({ "tls", "system", "-", "system" },
      values(log:range_join(ports, "port between low and high", { match = "narrowest", closed = "left", kind = "left" }), "what"))
    assert.same({ "8080" }, values(log:range_join(ports:filter "what ~= 'web'", "port between low and high", { kind = "anti" }), "port"))
  end)

  it("takes names in backticks and asks for the form it needs", function()
    local odd = ports:rename("`from here` = low", "`and` = high")
    assert.same(5, #log:range_join(odd, "port between `from here` and `and`"))
    assert.matches("\"value between first and last\", not 'port in low'", message(log.range_join, log, ports, "port in low"))
    assert.matches("'closed' is one of both, left", message(log.range_join, log, ports, "port between low and high", { closed = "right" }))
  end)
end)

describe("cidr_join", function()
  it("finds the longest prefix, or all networks, for IPv4 and IPv6", function()
    assert.same({ "lab", "company", "guests" }, values(log:cidr_join(networks, "ip = network"), "owner"))
    assert.same({ "company", "lab", "company", "guests" }, values(log:cidr_join(networks, "ip = network", { match = "all" }), "owner"))
    assert.same({ "22" }, values(log:cidr_join(networks, "ip = network", { kind = "anti" }), "port"))
  end)

  it("refuses text that is no network by row and value", function()
    local broken = lunette.table { network = { "10.0.0.0/8", "10.0.0.0/33" } }
    assert.matches("'10%.0%.0%.0/33' in row 2 of 'network' is no network",
      message(function() return #log:cidr_join(broken, "ip = network") end))
  end)

  it("says in explain how it matches", function()
    assert.matches("^left cidr join ip in network, the longest prefix %(may spill%)\n",
      log:cidr_join(networks, "ip = network", { kind = "left" }):explain())
  end)
end)
