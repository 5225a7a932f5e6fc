-- Likely false positives: which known-harmless lists an indicator is on. Lists are MISP warninglists or plain text.
local lunette = require "lunette"
local enrichment = require "lunette.kit.enrichment"

-- "lists/public-dns.txt" → "public-dns".
local function name_of(path)
  return (path:match "([^/]*)$":gsub("%.gz$", ""):gsub("%.%w+$", ""))
end

-- MISP's form: { "name": …, "type": "cidr" | "hostname" | "string" | "substring" | "regex", "list": [ … ] }.
local function misp_list(path)
  local list = lunette.json(path, { list_separator = "\n", all_strings = true })
  if not list:has "list" then
    error(("'%s' is JSON, but no MISP warninglist: it has no \"list\""):format(path), 0)
  end
  return list:select(list:has "name" and "name" or "name = $name", list:has "type" and "kind = type" or "kind = 'string'",
    "entry = list", { name = name_of(path) }):explode("entry", "\n")
end

-- "/pattern/i" or "pattern" as a pattern.
local function pattern_of_entry(entry)
  local body, flags = entry:match "^/(.*)/(%a*)$"
  return ("(?%s:%s)"):format(flags and flags:find "i" and "i" or "", body or entry)
end

-- Raises where the lists hold what no indicator can be compared with.
local function check(entries, paths)
  local probe = lunette.table { { name = "ioc", type = "string", values = {} } }
  local other = entries:filter "kind not in ('cidr', 'hostname', 'string', 'substring', 'regex', 'plain')":first()
  if other then
    error(("%s: the list '%s' is of the type '%s'; there are cidr, hostname, string, substring and regex"):format(
      paths[other.number], other.name, other.kind), 0)
  end
  for row in entries:filter "kind == 'regex'":rows() do
    local ok, problem = pcall(probe.filter, probe, "ioc:matches($pattern)", { pattern = pattern_of_entry(row.entry) })
    if not ok then
      error(("%s: the list '%s' has a pattern that can't be read: %s (%s)"):format(paths[row.number], row.name, row.entry,
        tostring(problem):match "can't be read: ([^\n(]*[^\n( ])" or "no regular expression"), 0)
    end
  end
  return entries
end

-- A network, domain or text a line; comments begin with # or ;.
local function plain_list(path)
  return lunette.csv(path, { header = false, names = { "entry" }, delimiter = "\t", comment = "#", all_strings = true })
    :select("name = $name", "kind = 'plain'", "entry = split_part(split_part(entry, ' #', 1), ';', 1)", { name = name_of(path) })
end

local NETWORK = "not_null(try_ip(split_part(entry, '/', 1))) and (not entry:contains '/' or "
  .. "coalesce(try_int(split_part(entry, '/', 2)) >= 0 and try_int(split_part(entry, '/', 2)) <= "
  .. "if_else(entry:contains ':', 128, 32), false))"

-- All entries: the list's number and name, how it matches, the entry.
local function read_entries(paths)
  local lists = {}
  for i, path in ipairs(paths) do
    local list = lunette.peek(path):find "^\xef?\xbb?\xbf?%s*[%[{]" and misp_list(path) or plain_list(path)
    lists[i] = list:derive("number = $i", { i = i })
  end
  local entries = lunette.concat(lists):derive "entry = trim(entry)":filter "entry ~= ''":collect()
  return check(entries, paths):derive("is_network = kind in ('cidr', 'plain') and " .. NETWORK,
      "domain = lower(trim(replace(entry, '*.', ''), '.'))",
      "is_host = not is_network and (kind == 'hostname' or kind == 'plain' and is_domain(domain))"):collect()
end

-- The patterns of one list as one.
local function pattern_of(entries)
  local parts = {}
  for row in entries:rows() do parts[#parts + 1] = pattern_of_entry(row.entry) end
  return table.concat(parts, "|")
end

-- Lists whose entries occur somewhere in the indicator; where there is none, in the host or the address.
local function add_inner_matches(out, rows, entries)
  local texts = rows:derive "whole = coalesce(ioc, host, string(ip))"
  local lists = entries:filter "kind in ('substring', 'regex')":select("number", "name", "kind"):distinct()
  for list in lists:rows() do
    local own = entries:filter("number == $n and name == $name", { n = list.number, name = list.name })
    local regex = list.kind == "regex"
    local params = regex and { pattern = pattern_of(own) } or { texts = own:column("entry"):values() }
    out[#out + 1] = texts:filter(regex and "whole:matches($pattern)" or "whole:contains($texts)", params):drop "whole"
      :derive("number = $number", "name = $name", { number = list.number, name = list.name })
  end
end

local function all_matches(rows, entries)
  local about = { "number", "name" }
  local networks = entries:filter "is_network":select("entry", table.unpack(about))
  local hosts = entries:filter "is_host":select("domain", table.unpack(about))
  local texts = entries:filter "not is_network and not is_host and kind in ('string', 'plain', 'cidr')":select("entry", table.unpack(about))
  local out = { rows:cidr_join(networks, "ip = entry", { match = "all" }):drop "entry",
    enrichment.below(rows, hosts):drop "domain" }
  for _, column in ipairs { "ioc", "host" } do out[#out + 1] = rows:join(texts, column .. " = entry") end
  out[#out + 1] = rows:derive "written = string(ip)":join(texts, "written = entry"):drop "written"
  add_inner_matches(out, rows, entries)
  return lunette.concat(out)
end

return {
  api = 1,
  kind = "enrich",
  name = "warninglist",
  version = "1.0.0",
  summary = "Which lists of harmless things an indicator is on: likely false positives, flagged and kept",
  description = [[
Adds warninglist: the names of the lists that the row's address, host or indicator is on, with commas between them; null
where there is none. Nothing is dropped: `filter "is_null(warninglist)"` does that, when you decide so.

Lists are MISP warninglists (JSON with name, type and list; types cidr, hostname, string, substring and regex), or plain
files with a network, an address, a domain or a text a line, named by the file; # and ; begin comments. A domain stands for
all names below it.]],
  categories = { "ioc" },
  author = "The Lunette authors",
  license = "MIT",
  references = { "https://github.com/MISP/misp-warninglists" },
  optional = { ip = "ip", host = "string", ioc = "string" },
  params = {
    lists = { type = "file", required = true, doc = "The lists: MISP's JSON, or plain text." },
  },
  columns = { warninglist = "string" },
  apply = function(query, opts)
    local keys = enrichment.keys(query)
    local found = all_matches(keys.rows, read_entries(opts.lists)):distinct("number", "name", table.unpack(keys.names))
      :sort("number"):group_by(table.unpack(keys.names)):agg "warninglist = list(name, ', ')":collect()
    return enrichment.attach(query, keys, found, { "warninglist" })
  end,
}
