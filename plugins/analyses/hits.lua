local matching = require "lunette.kit.matching"
local words = require "lunette.kit.words"

-- Addresses of services that everybody uses. Feeds list one now and then, because malware used it too: a match there
-- says next to nothing, so it is shown, apart from the others.
local SHARED = {
  { "the services that tell callers their address", "'176.58.123.25/32'" },
  { "Microsoft's front doors", "'13.107.21.0/24', '13.107.42.0/24', '204.79.197.0/24', '150.171.27.0/24'" },
  { "public DNS resolvers", "'8.8.8.8/32', '8.8.4.4/32', '1.1.1.1/32', '1.0.0.1/32', '9.9.9.9/32', '208.67.222.222/32', "
    .. "'208.67.220.220/32'" },
}

local CERTAIN = "kind in ('ip:port', 'url', 'md5', 'sha1', 'sha256', 'ip', 'domain')"
local SEVERITY = "severity = if_else(not_null(shared), 'info', if_else(" .. CERTAIN
  .. " and coalesce(confidence, 100) >= 50, 'high', 'medium'))"
local ORDER = "rank = if_else(severity == 'high', 0, if_else(severity == 'medium', 1, 2))"

local DRAWN = 20 -- indicators that the chart shows

local VERBS = { url = "requested", domain = "asked for", ["parent domain"] = "asked for names below", md5 = "met the file",
  sha1 = "met the file", sha256 = "met the file" }

local function shared_service()
  local expression = "string(null)"
  for _, service in ipairs(SHARED) do
    expression = ("if_else(ip:within(%s), %q, %s)"):format(service[2], "one of " .. service[1], expression)
  end
  return "shared = " .. expression
end

-- The lists of harmless things that an indicator is on, where the user gave any: `shared` says so.
local function with_warninglists(ctx, pairs_found)
  local lists = ctx.params.warninglists
  if not lists then return pairs_found:derive "warninglist = string(null)":collect() end
  local named = pairs_found:select("ioc", "ip"):distinct("ioc")
    :derive("host = coalesce(host_of(ioc), string(null))", "ip = coalesce(ip, try_ip(host_of(ioc)))")
    :enrich("warninglist", { lists = lists }):select("ioc", "warninglist")
  return pairs_found:join(named, "ioc", { kind = "left" })
    :derive("shared = coalesce(shared, if_else(not_null(warninglist), 'on the list ' .. warninglist, string(null)))"):collect()
end

-- A row per indicator, kind and affected host: small, whatever the log's size.
local function pairs_of(ctx)
  local indicators = matching.indicators(ctx.params.feed)
  if ctx.params.min_confidence > 0 then
    indicators = indicators:filter("coalesce(confidence, 100) >= $least", { least = ctx.params.min_confidence })
  end
  return matching.matches(ctx.input, indicators, { addresses = ctx.params.addresses, window = ctx.params.window })
    :derive(shared_service())
    :group_by("ioc", "kind", "affected", "shared")
    :agg("ip = first(ip)", "family = first(family)", "families = first(families)", "rows = count()", "ids = count_distinct(connection)",
      "first_seen = min(time)", "last_seen = max(time)", "listed_first = first(listed_first)",
      "listed_last = first(listed_last)", "confidence = first(confidence)", "reference = first(reference)")
    :derive("connections = if_else(ids > 0, ids, rows)")
    :collect()
end

-- A row per indicator, the gravest first.
local function hits_of(pairs_found)
  return pairs_found:group_by("ioc", "kind", "shared", "warninglist")
    :agg("family = first(family)", "families = first(families)", "hosts = count_distinct(affected)",
      "connections = sum(connections)", "first_seen = min(first_seen)", "last_seen = max(last_seen)",
      "listed_first = first(listed_first)", "listed_last = first(listed_last)", "confidence = first(confidence)",
      "reference = first(reference)")
    :derive(SEVERITY):derive(ORDER):sort("rank", "-connections", "ioc")
    :select("ioc", "kind", "family", "severity", "hosts", "connections", "first_seen", "last_seen", "listed_first",
      "listed_last", "families", "confidence", "shared", "reference", "warninglist")
    :collect()
end

local function hosts_of(pairs_found)
  return pairs_found:filter("is_null(shared) and not_null(affected)"):group_by("host = affected")
    :agg("indicators = count_distinct(ioc)", "families = count_distinct(family)", "connections = sum(connections)",
      "first_seen = min(first_seen)", "last_seen = max(last_seen)")
    :sort("-indicators", "-connections", "host"):collect()
end

local function minute(time)
  return time:format "%Y-%m-%d %H:%M"
end

local function find(ctx, hits, pairs_found)
  for row in hits:head(ctx.params.findings):rows() do
    local when = row.first_seen and (", %s to %s"):format(minute(row.first_seen), minute(row.last_seen)) or ""
    local who = row.hosts == 0 and "the log has" or -- such as a web server's, which names no host of one's own
      ("%s %s"):format(words.count(row.hosts, "host"), VERBS[row.kind] or "talked to")
    local title = ("%s: %s %s (%s%s)"):format(row.family or "Unnamed", who, row.ioc,
      words.count(row.connections, "connection"), when)
    if row.shared then title = ("%s, but that is %s"):format(title, row.shared) end
    ctx:finding { severity = row.severity, title = title, chart = "hits",
      evidence = pairs_found:filter("ioc == $ioc and kind == $kind", { ioc = row.ioc, kind = row.kind }) }
  end
end

-- What the chart counts, and what it doesn't.
local function note_of(params, hits, drawn)
  local function connections(rows) return rows:agg("n = sum(connections)"):first().n or 0 end
  local note = ("counts %s, at %s"):format(words.part(connections(drawn), connections(hits), "connection with an indicator", nil,
    "connections with indicators"), words.part(#drawn, #hits, "indicator", { { #hits - #drawn, "that weigh less" } }))
  if params.min_confidence > 0 then
    note = ("%s; indicators of a confidence below %d aren't looked for"):format(note, params.min_confidence)
  end
  if not params.window then return note end
  return ("%s; rows aren't counted that are further than %s from when the feeds saw the indicator"):format(note,
    words.count(params.window, "day"))
end

local function report(ctx, pairs_found)
  local hits, hosts = hits_of(pairs_found), hosts_of(pairs_found)
  local n_shared = #hits:filter "not_null(shared)"
  ctx:metric { name = "indicators", value = #hits - n_shared, title = "Indicators met" }
  ctx:metric { name = "hosts", value = #hosts, title = "Hosts affected" }
  if n_shared > 0 then
    ctx:metric { name = "shared", value = n_shared, title = "Set apart",
      note = (ctx.params.warninglists and "on a list of harmless things, or " or "") .. "addresses of services that everybody uses" }
  end
  if #hits == 0 then ctx:text "No row of the log touches an indicator of the feeds." end
  ctx:table(hits, { name = "hits", title = "Indicators that the log touches" })
  ctx:table(hosts, { name = "hosts", title = "Affected hosts" })
  ctx:table(pairs_found:select("ioc", "kind", "host = affected", "family", "connections", "first_seen", "last_seen")
    :sort("first_seen", "ioc", "kind", "host"), { name = "pairs", title = "Who touched what, and when" })
  local drawn = hits:head(DRAWN):collect()
  ctx:chart { name = "hits", kind = "bar", title = "Connections per indicator", data = drawn, x = "ioc",
    y = "connections", color = "family", note = note_of(ctx.params, hits, drawn) }
  find(ctx, hits, pairs_found)
end

return {
  api = 1,
  kind = "analysis",
  name = "hits",
  version = "1.0.0",
  title = "Hits",
  summary = "Which hosts of a log touched indicators of the feeds you name, when and how often",
  description = [[
Matches any log with indicators: by address and port, address, domain, URL and file hash.

Give the feeds as `feed=FILE` (several with commas between them). The log needs some of the columns `dst_ip dst_port
src_ip src_port host url md5 sha1 sha256`, and `time`. A domain also matches the names below it (`parent domain`);
`addresses=true` also takes the address of an ip:port indicator on another port (`address`). With `window=30` only rows count
from 30 days before the feeds first saw the indicator to 30 days after they last did: addresses change hands.

`connections` counts Zeek's `uid` or Suricata's `flow_id` where the log has one, else rows. Indicators that mean no host
of the Internet (private and local addresses, public suffixes) match nothing. Addresses of a few services that everybody
uses are told apart (`shared`), and so is what is on one of the `warninglists` (see lunette info warninglist).]],
  categories = { "log", "ioc", "network" },
  author = "The Lunette authors",
  license = "MIT",
  optional = { time = "time", src_ip = "ip", dst_ip = "ip", src_port = "int", dst_port = "int", host = "string",
    url = "string" },
  params = {
    feed = { type = "input", required = true, doc = "The feeds to look for." },
    window = { type = "int", min = 0, doc = "Only rows within so many days of the time in which the feeds saw the indicator." },
    addresses = { type = "bool", default = false, doc = "Match ip:port indicators on other ports too." },
    warninglists = { type = "file", doc = "Lists of harmless things (MISP's warninglists or plain text): matches on them are set apart." },
    min_confidence = { type = "int", default = 0, min = 0, max = 100, doc = "Leave out indicators that a feed trusts less." },
    findings = { type = "int", default = 20, min = 0, doc = "Report this many indicators as findings." },
  },
  permissions = {},
  example = {
    input = "sample-log", params = { feed = "sample" },
    expect = { tables = { hits = 2, hosts = 2, pairs = 2 }, findings = { "QakBot: 1 host talked to .*97 connections" } },
  },

  run = function(ctx)
    report(ctx, with_warninglists(ctx, pairs_of(ctx)))
  end,
}
