-- Who else lists an indicator, and since when, by other feeds' files.
local lunette = require "lunette"
local enrichment = require "lunette.kit.enrichment"

local MATCHES = { "ioc", "host", "address" } -- from the strictest

-- What is looked at of a feed; the columns that it lacks are null.
local function completed(feed, number)
  local items = { "listed_by = " .. (feed:has("source", "string") and "coalesce(source, $name)" or "$name") }
  for name, type_name in pairs { ioc = "string", host = "string", ip = "ip", first_seen = "time" } do
    items[#items + 1] = feed:has(name, type_name) and name or ("%s = %s(null)"):format(name, type_name)
  end
  items[#items + 1] = { name = ("feed %d"):format(number) }
  return feed:select(table.unpack(items))
end

-- When each feed first listed each value of `key`.
local function listed(feeds, key, rank)
  return feeds:filter("not_null(" .. key .. ")"):group_by("key = " .. key, "listed_by")
    :agg "since = min(first_seen)":derive("rank = $rank", { rank = rank })
end

return {
  api = 1,
  kind = "enrich",
  name = "feed",
  version = "1.0.0",
  summary = "Which other feeds list an indicator, and since when",
  description = [[
Looks each row up in other feeds' files and adds listed_by (the feeds' names, in the order of their first listing),
listed_since (the earliest time) and listed_match: `ioc` where the same indicator is listed, `host` where the same name, or
only the same `address` (on another port, say). Where several match, listed_match is the strictest.

Feeds are read by their source plugins, as inputs are; a feed is called by its column source.]],
  categories = { "ioc" },
  author = "The Lunette authors",
  license = "MIT",
  optional = { ip = "ip", host = "string", ioc = "string" },
  params = {
    feeds = { type = "input", required = true, doc = "The feeds to look in." },
  },
  columns = { listed_by = "string", listed_since = "time", listed_match = "string" },
  apply = function(query, opts)
    local keys, feeds = enrichment.keys(query), {}
    for i, feed in ipairs(opts.feeds) do feeds[i] = completed(feed, i) end
    local all = lunette.concat(feeds):filter "not_null(ioc) or not_null(host) or not_null(ip)":collect()
    local hits = {}
    local named = keys.rows:filter "is_null(try_ip(host))" -- an address as text is compared as an address
    for rank, column in ipairs { "ioc", "host", "ip" } do
      local key = column == "host" and "lower(trim(host, '.'))" or column
      hits[rank] = (column == "host" and named or keys.rows):join(listed(all, key, rank), column .. " = key")
    end
    local by_feed = lunette.concat(hits):group_by("listed_by", table.unpack(keys.names))
      :agg("since = min(since)", "rank = min(rank)")
    local found = by_feed:sort("since", "listed_by"):group_by(table.unpack(keys.names))
      :agg("listed_by = list(listed_by, ', ')", "listed_since = min(since)", "rank = min(rank)")
      :derive("listed_match = if_else(rank == 1, $a, if_else(rank == 2, $b, $c))",
        { a = MATCHES[1], b = MATCHES[2], c = MATCHES[3] }):collect()
    return enrichment.attach(query, keys, found, { "listed_by", "listed_since", "listed_match" })
  end,
}
