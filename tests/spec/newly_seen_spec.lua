-- The analysis newly_seen: what a log has since a moment and had not before, against a plain loop over a real log.
local feeds = dofile "tests/spec/support/feeds.lua"
local logs = dofile "tests/spec/support/logs.lua"
local lunette = require "lunette"

local T, IP = lunette.time, lunette.ip

local function log_of(list)
  local columns = { time = {}, src_ip = {}, dst_ip = {}, dst_port = {} }
  for i, one in ipairs(list) do
    columns.time[i], columns.src_ip[i] = T(one[1]), IP(one[2])
    columns.dst_ip[i], columns.dst_port[i] = IP(one[3]), one[4]
  end
  return lunette.table(columns)
end

local function new_of(log, given)
  local report, out = lunette.run("newly_seen", log, given), {}
  for row in report:find_table("new").data:rows() do
    out[#out + 1] = ("%s %s %d %d"):format(row.kind, row.value, row.hosts, row.count)
  end
  return out, report
end

local week = {
  { "2024-03-01 10:00:00", "10.0.0.1", "203.0.113.1", 443 }, { "2024-03-02 10:00:00", "10.0.0.2", "203.0.113.2", 443 },
  { "2024-03-07 10:00:00", "10.0.0.1", "203.0.113.1", 443 }, { "2024-03-07 11:00:00", "10.0.0.1", "203.0.113.9", 4444 },
  { "2024-03-07 12:00:00", "10.0.0.2", "203.0.113.9", 4444 }, { "2024-03-07 12:30:00", "10.0.0.1", "203.0.113.2", 443 },
}

describe("the analysis newly_seen", function()
  it("lists what the baseline period didn't have, what most hosts have first", function()
    assert.same({ "destination 203.0.113.9 2 2", "port 4444 2 2" }, (new_of(log_of(week), { since = "2024-03-05" })))
    assert.same({ "destination 203.0.113.9 2 2", "port 4444 2 2" }, (new_of(log_of(week)))) -- the last day
    assert.same({ "port 4444 2 2" }, (new_of(log_of(week), { since = "2024-03-05", kind = "port" })))
  end)

  it("lists what is new for a host only when asked", function()
    assert.same({ "destination 203.0.113.9 2 2", "destination 203.0.113.2 1 1" },
      (new_of(log_of(week), { since = "2024-03-05", per_host = true, kind = "destination" })))
  end)

  it("says of how many values its figures count the new ones", function()
    local _, report = new_of(log_of(week), { since = "2024-03-05" })
    local note = "counts 2 of 5 values; left out: 3 that the baseline has; local addresses aren't looked at"
    assert.same({ note, note }, { report.tables[1].note, report.charts[1].note })
    _, report = new_of(log_of(week), { since = "2024-03-05", per_host = true, kind = "destination" })
    assert.matches("^counts 2 of 3 values; left out: 1 that the baseline has from the same hosts", report.charts[1].note)
  end)

  it("takes other logs as the baseline", function()
    local recent = log_of { week[4], week[6] }
    assert.same({ "destination 203.0.113.9 1 1" }, (new_of(recent, { baseline = log_of { week[1], week[2] }, kind = "destination" })))
    local _, report = new_of(recent, { baseline = log_of { week[1], week[2] }, min_count = 1 })
    assert.equal("The destination 203.0.113.9 is new: 1 time from 10.0.0.1", report.findings[1].title)
  end)

  it("says when the baseline says too little, and reports no findings without one", function()
    local _, report = new_of(log_of(week), { since = "2024-03-01 12:00" })
    assert.is_truthy(report.texts[1].text:find("shorter than the period", 1, true))
    _, report = new_of(log_of(week), { since = "2024-02-01", min_count = 1 })
    assert.is_truthy(report.texts[1].text:find("The baseline has no rows", 1, true))
    assert.equal(0, #report.findings)
    local ok, message = pcall(new_of, log_of(week), { since = "yesterday" })
    assert.is_false(ok)
    assert.is_truthy(tostring(message):find("since: 'yesterday' is no time", 1, true))
    ok, message = pcall(new_of, log_of(week):drop "time")
    assert.is_false(ok)
    assert.is_truthy(tostring(message):find("give baseline=FILE", 1, true))
  end)

  it("says where the log ends when nothing is as late as that", function()
    local new, report = new_of(log_of(week), { since = "2030-01-01" })
    assert.same({}, new)
    assert.matches("No row is from then on: the log goes from 2024%-03%-01 10:00 to 2024%-03%-07 12:30",
      report.texts[1].text)
    assert.same({ "baseline_days", 6.1 }, { report.metrics[2].name, report.metrics[2].value })
  end)

  it("agrees with a loop over a real log", function()
    local path = feeds.data "zeek/trickbot_2018-11_conn.log"
    if not path then pending "no reference data" end
    local start, before, after, n = 1541203200, {}, {}, 0 -- 2018-11-03
    for _, row in ipairs(logs.zeek(path)) do
      local side = tonumber(row.ts) < start and before or after
      side[row["id.resp_p"]] = (side[row["id.resp_p"]] or 0) + 1
    end
    local wanted = {}
    for port, count in pairs(after) do
      if not before[port] then wanted[port], n = count, n + 1 end
    end
    local got = new_of(path, { since = "2018-11-03", kind = "port" })
    assert.equal(n, #got)
    for _, line in ipairs(got) do
      local port, count = line:match "^port (%d+) %d+ (%d+)$"
      assert.equal(wanted[port], tonumber(count))
    end
    assert.is_true(n > 50)
  end)
end)
