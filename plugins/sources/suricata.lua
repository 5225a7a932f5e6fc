local lunette = require "lunette"
local feed = require "lunette.kit.feed"
local log = require "lunette.kit.log"

-- Columns whose values must be what they say; a record where one isn't is rejected.
local TYPES = {
  timestamp = "time", src_ip = "ip", dest_ip = "ip", src_port = "int", dest_port = "int",
  ["flow.start"] = "time", ["flow.end"] = "time",
}

-- `stats` records have hundreds of counters, which would be as many columns of nothing on every other row.
local function without_counters(query)
  local counters = {}
  for _, field in ipairs(query:schema()) do
    if field.name:find "^stats%." then counters[#counters + 1] = field.name end
  end
  return #counters > 0 and query:drop(table.unpack(counters)) or query
end

-- The first of the columns that isn't null.
local function any_of(query, ...)
  local there = {}
  for i = 1, select("#", ...) do there[#there + 1] = log.column(query, (select(i, ...))) end
  if #there < 2 then return there[1] end
  return "coalesce(" .. table.concat(there, ", ") .. ")"
end

-- A flow is logged when it is over, which may be when Suricata stops: its time is that of its first packet.
local function time_of(query)
  local time, start = log.time(query, "timestamp"), log.time(query, "flow.start")
  if not time or not start or not query:has "event_type" then return time end
  return ("if_else(event_type == 'flow', coalesce(%s, %s), %s)"):format(start, time, time)
end

local function mapped(query)
  return log.map(query, "suricata", {
    time = time_of(query),
    src_ip = log.column(query, "src_ip"), src_port = log.column(query, "src_port"),
    dst_ip = log.column(query, "dest_ip"), dst_port = log.column(query, "dest_port"),
    proto = log.column(query, "proto"), host = any_of(query, "http.hostname", "tls.sni", "dns.rrname"),
    url = log.url(log.column(query, "http.hostname"), log.column(query, "dest_port"), log.column(query, "http.url")),
    user_agent = log.column(query, "http.http_user_agent"),
    bytes_out = log.column(query, "flow.bytes_toserver"), bytes_in = log.column(query, "flow.bytes_toclient"),
  })
end

return {
  api = 1,
  kind = "source",
  name = "suricata",
  version = "1.0.0",
  summary = "Suricata's EVE log: JSON lines of alerts, flows, DNS, HTTP, TLS",
  description = [[
Reads Suricata's eve.json: every kind of event, nested fields as columns with dots (`` `alert.signature` ``).

In front of the log's own columns stand `time src_ip src_port dst_ip dst_port proto host url user_agent bytes_out bytes_in`
where the log has them: `host` is the HTTP host, TLS server name or DNS name, bytes are those of the flow, and a flow's `time`
is its beginning. `event_type` says what a row is. Counters of `stats` records are left out; the option `stats = true` keeps them.]],
  categories = { "log", "network" },
  author = "The Lunette authors",
  license = "MIT",
  references = { "https://docs.suricata.io/en/latest/output/eve/eve-json-format.html" },
  permissions = {},

  detect = function(head)
    if not feed.is_json(head) then return nil end
    local first = head:match "^[^\r\n]*"
    if not first:find '"timestamp"%s*:' or not first:find '"event_type"%s*:' then return nil end
    return (first:find '"flow_id"%s*:' or first:find '"src_ip"%s*:' or first:find '"stats"%s*:') and 0.95 or 0.6
  end,

  read = function(path, opts)
    local own = feed.options({}, opts)
    local keep = own.stats
    own.stats = nil
    local query = lunette.json(path, feed.options({ types = TYPES }, own))
    return mapped(keep and query or without_counters(query))
  end,
}
