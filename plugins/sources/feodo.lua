local lunette = require "lunette"
local feed = require "lunette.kit.feed"

-- What each kind of list calls its columns: CSV, the CSV of before 2021, JSON.
local NAMES = {
  first_seen = { "first_seen_utc", "Firstseen", "first_seen" },
  last_seen = { "last_online", "LastOnline" },
  ip = { "dst_ip", "DstIP", "ip_address" },
  port = { "dst_port", "DstPort", "port" },
  family = { "malware", "Malware" },
  status = { "c2_status", "status" },
}
local TYPES = { first_seen = "time", last_seen = "time", ip = "ip", port = "int" }

-- Columns whose values must be what they say, by the feed's names.
local function types_for(names)
  local types = {}
  for column, type_name in pairs(TYPES) do
    for _, name in ipairs(NAMES[column]) do types[name] = type_name end
  end
  return names and feed.only(types, names) or types
end

local function name_of(query, column)
  for _, name in ipairs(NAMES[column]) do
    if query:has(name) then return name end
  end
  return nil
end

local function read_json(path, opts)
  return lunette.json(path, feed.options({ nulls = feed.NULLS, types = types_for() }, opts))
end

local function read_csv(path, opts, head)
  local lines = feed.lines(head)
  local names = feed.header(lines, "dst_ip") or feed.header(lines, "DstIP") or {}
  return lunette.csv(path, feed.options({ nulls = feed.NULLS, all_strings = true, types = types_for(names) }, opts))
end

-- The lists name hosts and ports; an IOC of the schema has both in one.
local function mapped(query, path)
  local ip, port, family = name_of(query, "ip"), name_of(query, "port"), name_of(query, "family")
  if not ip or not port then
    error(("%s: no record that can be read has an address and a port"):format(path), 0)
  end
  return feed.map(query, "feodo", {
    first_seen = name_of(query, "first_seen"), last_seen = name_of(query, "last_seen"),
    ioc = ("string(`%s`) .. ':' .. string(`%s`)"):format(ip, port), ioc_type = "'ip:port'",
    ip = ip, port = port, host = ("string(`%s`)"):format(ip), threat_type = "'botnet_cc'",
    malware = family, family = family and ("`%s` .. ''"):format(family),
  })
end

-- The columns that JSON lists have besides: under the names that enrichments give them.
local function with_known_names(query)
  local renames = {}
  local status = name_of(query, "status")
  if status and status ~= "c2_status" then renames[status] = "c2_status" end
  if query:has "as_number" then renames.as_number = "asn" end
  return next(renames) and query:rename(renames) or query
end

return {
  api = 1,
  kind = "source",
  name = "feodo",
  version = "1.0.0",
  summary = "Botnet C2 servers from abuse.ch's FeodoTracker: CSV and JSON block lists",
  description = [[
Reads FeodoTracker's IP block lists, recommended and aggressive, as CSV or JSON.

Each line is a botnet's C2 server: `ioc` is its address and port, `family` the malware's name, `last_seen` the day
it was last online. Its state is in `c2_status`; JSON lists have `asn`, `as_name`, `country` and `hostname` besides.
A row whose address, port or time isn't one is rejected.]],
  categories = { "ioc", "feed" },
  author = "The Lunette authors",
  license = "MIT",
  references = { "https://feodotracker.abuse.ch/blocklist/" },
  permissions = {},
  fetch = {
    default = "list",
    key = { "ioc", "malware" },
    stamp = "# Last updated: (%d+%-%d+%-%d+ %d+:%d+:%d+) UTC",
    footer = "# END %d+ entries",
    parts = {
      list = {
        url = "https://feodotracker.abuse.ch/downloads/ipblocklist.csv",
        doc = "C2 servers that are or were lately online.",
      },
      aggressive = {
        url = "https://feodotracker.abuse.ch/downloads/ipblocklist_aggressive.csv",
        doc = "Every C2 server that was ever listed.",
      },
      json = {
        url = "https://feodotracker.abuse.ch/downloads/ipblocklist.json",
        doc = "The list with AS, country and host name.",
      },
    },
  },

  detect = function(head)
    if feed.is_json(head) then
      local is_list = head:find('"ip_address"', 1, true) and head:find('"last_online"', 1, true)
      return is_list and head:find('"malware"', 1, true) and 0.95 or nil
    end
    local lines = feed.lines(head)
    local names = feed.header(lines, "dst_ip") or feed.header(lines, "DstIP")
    if not names then return nil end
    if head:lower():find "last_?online" then return 0.95 end
    return (feed.has(names, "malware") or feed.has(names, "Malware")) and 0.5 or nil -- logs have dst_ip, too
  end,

  read = function(path, opts)
    local head = lunette.peek(path, opts and opts.member)
    local query = (feed.is_json(head) and read_json or read_csv)(path, opts, head)
    return mapped(with_known_names(query), path)
  end,
}
