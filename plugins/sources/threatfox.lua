local lunette = require "lunette"
local feed = require "lunette.kit.feed"

-- Columns whose values must be what they say; a row where one isn't is rejected, with its line and reason.
local TYPES = {
  ioc_id = "int", id = "int", first_seen_utc = "time", first_seen = "time", last_seen_utc = "time", last_seen = "time",
  confidence_level = "int", is_compromised = "bool", anonymous = "int",
}

-- Names in the exports (CSV: fk_malware, JSON: malware), then those of the API.
local EXPORT = {
  id = "ioc_id", first_seen = "first_seen_utc", last_seen = "last_seen_utc", ioc = "ioc_value", malware = "fk_malware",
}
local API = { id = "id", first_seen = "first_seen", last_seen = "last_seen", ioc = "ioc", malware = "malware" }

local BOTH = {
  threat_type = "threat_type", family = "malware_printable", aliases = "malware_alias", confidence = "confidence_level",
  reference = "reference", tags = "tags", reporter = "reporter",
}

-- Older exports lack some columns: what isn't there isn't mapped.
local function mapping_for(query)
  local names = query:has "ioc_value" and EXPORT or API
  local mapping = {}
  for column, from in pairs(names) do mapping[column] = query:has(from) and from or nil end
  if not mapping.malware and query:has "malware" then mapping.malware = "malware" end
  for column, from in pairs(BOTH) do mapping[column] = query:has(from) and from or nil end
  local is_hash = "false"
  if query:has "ioc_type" then
    is_hash = "ioc_type:ends_with '_hash'"
    mapping.ioc_type = "replace(ioc_type, '_hash', '')" -- "sha256_hash" is the schema's "sha256"
  end
  if not mapping.ioc then return mapping end
  mapping.host = ("if_else(%s, null, host_of(%s))"):format(is_hash, mapping.ioc)
  mapping.ip = ("try_ip(%s)"):format(mapping.host)
  mapping.port = ("if_else(%s, null, port_of(%s))"):format(is_hash, mapping.ioc)
  return mapping
end

-- Some tools read the export with a parser that doesn't know its quoting, and wrote each piece between commas as a
-- field of its own, quotes and all: `"""1884066"""`.
local function is_requoted(line)
  return line ~= nil and line:find('^"[^"]*","""') ~= nil
end

-- Of a line that was quoted twice: the fields of the line that it was made from.
local function unquoted_once(line)
  return feed.split(table.concat(feed.split(line), ","))
end

-- Such a file can have the column is_compromised in its data but not in its header, which then comes before reference.
local function with_lost_column(names, lines, first)
  local place
  for i, name in ipairs(names) do
    if name == "is_compromised" then return names end
    if name == "reference" then place = i end
  end
  for i = first, #lines do
    local value = lines[i] ~= "" and place and unquoted_once(lines[i])[place]
    if value ~= nil and value ~= "True" and value ~= "False" then return names end
  end
  if not place or first > #lines then return names end
  local out = table.move(names, 1, #names, 1, {})
  table.insert(out, place, "is_compromised")
  return out
end

local function read_csv(path, opts, head)
  local lines = feed.lines(head)
  local names, at = feed.header(lines, "ioc_value")
  names, at = names or {}, at or 0
  local own = { nulls = feed.NULLS, all_strings = true }
  if is_requoted(lines[at + 1]) then
    names = with_lost_column(names, lines, at + 1)
    own.names, own.nested_quotes, own.allow_short = names, true, true
  end
  own.types = feed.only(TYPES, names)
  return lunette.csv(path, feed.options(own, opts))
end

local function read_json(path, opts, head)
  local is_answer = head:find('"query_status"', 1, true) ~= nil
  local is_export = head:find '^%s*{%s*"%d+"%s*:%s*%[' ~= nil -- else records, as another tool has written them
  return lunette.json(path, feed.options({
    records = is_answer and "data" or is_export and "*" or nil, key_column = is_export and "ioc_id" or nil, nulls = feed.NULLS,
    types = TYPES, list_separator = ",",
  }, opts))
end

return {
  api = 1,
  kind = "source",
  name = "threatfox",
  version = "1.0.0",
  summary = "IOCs from ThreatFox: CSV exports, JSON exports and API answers",
  description = [[
Reads what abuse.ch's ThreatFox gives away: CSV exports (with or without the column `is_compromised`; columns are
found by name), JSON exports, and the answers of its API.

`None` and empty fields are null. A row whose id, time, confidence or flag isn't one is rejected. Hash types lose
their ending: `sha256_hash` is `sha256`. CSV exports that another tool has quoted a second time are read too.]],
  categories = { "ioc", "feed" },
  author = "The Lunette authors",
  license = "MIT",
  references = { "https://threatfox.abuse.ch/export/", "https://threatfox.abuse.ch/api/" },
  permissions = {},
  fetch = {
    default = "full",
    stamp = "# Last updated: (%d+%-%d+%-%d+ %d+:%d+:%d+) UTC",
    footer = "# Number of entries: %d+",
    parts = {
      full = {
        url = "https://threatfox.abuse.ch/export/csv/ip-port/full/", headers = { ["Auth-Key"] = "{secret:abuse_ch?}" },
        doc = "Every address and port of the last six months, as zip.",
      },
      recent = {
        url = "https://threatfox.abuse.ch/export/csv/recent/", headers = { ["Auth-Key"] = "{secret:abuse_ch?}" },
        doc = "IOCs of all kinds of the last 48 hours.",
      },
      domains = {
        url = "https://threatfox.abuse.ch/export/csv/domains/full/", headers = { ["Auth-Key"] = "{secret:abuse_ch?}" },
        doc = "Every domain of the last six months, as zip.",
      },
      urls = {
        url = "https://threatfox.abuse.ch/export/csv/urls/full/", headers = { ["Auth-Key"] = "{secret:abuse_ch?}" },
        doc = "Every URL of the last six months, as zip.",
      },
      api = {
        url = "https://threatfox-api.abuse.ch/api/v1/", method = "POST", headers = { ["Auth-Key"] = "{secret:abuse_ch}" },
        body = '{"query": "get_iocs", "days": {days}}',
        params = { days = { type = "int", default = 3, min = 1, max = 7, doc = "How many days back." } },
        doc = "IOCs of all kinds of the last days, by the API; needs the key that abuse.ch gives for free.",
      },
    },
  },
  example = { input = "sample" },

  detect = function(head)
    if feed.is_json(head) then
      if head:find('"malware_printable"', 1, true) and head:find('"threat_type"', 1, true) then return 0.95 end
      return nil
    end
    local names = feed.header(feed.lines(head), "ioc_value")
    if not names or not feed.has(names, "ioc_type") then return nil end
    return feed.has(names, "fk_malware") and 0.95 or 0.6
  end,

  read = function(path, opts)
    local head = lunette.peek(path, opts and opts.member)
    local query = (feed.is_json(head) and read_json or read_csv)(path, opts, head)
    return feed.map(query, "threatfox", mapping_for(query))
  end,
}
