local ioc = require "lunette.kit.ioc"
local words = require "lunette.kit.words"

local CHART_BARS = 12 -- families that the chart shows by name, however small they are
local NEW_DAYS = 30 -- a family first seen this close to the end of the data is news

-- One row per family: count, first_seen, last_seen.
local function per_family(ctx)
  local has_first, has_last = ctx.input:has("first_seen", "time"), ctx.input:has("last_seen", "time")
  local aggregates = {}
  if has_first then aggregates = { "first_seen = min(first_seen)", "newest = max(first_seen)" } end
  if has_last then aggregates[#aggregates + 1] = "seen_again = max(last_seen)" end
  local groups, total, scope = ioc.grouped(ctx, { ioc.FAMILY }, aggregates)
  if not has_first then groups = groups:derive("first_seen = time(null)", "newest = time(null)") end
  if not has_last then groups = groups:derive "seen_again = time(null)" end
  -- Feeds fill last_seen for few IOCs, and sometimes with a time before first_seen.
  local again = "coalesce(seen_again > newest, false)"
  local last = ("last_seen = if_else(%s, seen_again, coalesce(newest, seen_again))"):format(again)
  return groups:derive(last), total, scope
end

-- The families below the cut as one line, or nil when there are none.
local function rest_of(families, total, min_count)
  local rest = families:filter("count < $min_count", { min_count = min_count })
    :group_by()
    :agg("families = count()", "count = sum(count)", "first_seen = min(first_seen)", "last_seen = max(last_seen)")
  local n = rest:first().families
  if n == 0 then return nil end
  return rest:select("family = $name", "count", "share = count / $total", "first_seen", "last_seen",
    { name = ioc.other(n), total = total })
end

-- The families from a cut on, the largest first, and the rest as one line; a single one below the cut keeps its name.
local function cut_at(families, total, min_count)
  local below = families:filter("count < $min_count", { min_count = min_count }):collect()
  if #below == 1 then min_count = below:first().count end
  local shown = families:filter("count >= $min_count", { min_count = min_count })
    :sort("-count", "family")
    :select("family", "count", "share = count / $total", "first_seen", "last_seen", { total = total })
    :collect()
  local rest = rest_of(families, total, min_count)
  return rest and shown:concat(rest):collect() or shown, shown
end

-- The cut of the chart: lower than the table's where few families reach that one.
local function chart_cut(families, min_count)
  local counts = families:sort("-count"):head(CHART_BARS):column("count"):values()
  return #counts > 0 and math.min(min_count, counts[#counts]) or min_count
end

local function find_largest(ctx, shown)
  local largest = shown:first()
  if not largest or largest.family == ioc.UNNAMED then return end
  ctx:finding {
    severity = "info",
    title = ("%s is the largest family: %s of the IOCs (%s)")
      :format(largest.family, words.percent(largest.share), words.number(largest.count)),
    evidence = shown:head(1), chart = "families",
  }
end

-- Families that the data meets for the first time shortly before it ends.
local function find_new(ctx, shown, families)
  local span = families:group_by():agg("first = min(first_seen)", "last = max(newest)"):first()
  if not span.last or (span.last - span.first) / 86400 < 3 * NEW_DAYS then return end
  local new = shown:filter("first_seen >= $since", { since = span.last - NEW_DAYS * 86400 }):collect()
  for row in new:rows() do
    ctx:finding {
      severity = "low", -- the timeline has it, too, with the days
      title = ("%s is new: not seen before %s, %s since"):format(row.family, row.first_seen:format "%Y-%m-%d",
        words.count(row.count, "IOC")),
      evidence = new:filter("family == $family", { family = row.family }), chart = "families",
    }
  end
end

return {
  api = 1,
  kind = "analysis",
  name = "families",
  version = "1.0.0",
  title = "Families",
  summary = "How many IOCs each malware family has, and when they were seen",
  description = [[
Counts IOCs per malware family, with each family's share of all counted IOCs and the times of its first and last
sighting.

Families with fewer than `min_count` IOCs are added up in one last line (where there are several), so that the counts add
up to the number of IOCs and the shares to 1. IOCs without a family are counted as `(none)`. `first_seen` is the earliest first sighting
of a family's IOCs; `last_seen` the latest sighting of any kind, since feeds note a last sighting for few IOCs only.]],
  categories = { "ioc", "overview" },
  author = "The Lunette authors",
  license = "MIT",
  references = { "https://threatfox.abuse.ch/" },
  input = { family = "string" },
  params = {
    min_count = { type = "int", default = 100, min = 0, doc = "Show families with fewer IOCs as one line." },
    threat_type = ioc.threat_type,
  },
  permissions = {},
  example = {
    input = "sample",
    params = { min_count = 1000 },
    expect = { tables = { families = 7 }, findings = { "Cobalt Strike is the largest family" } },
  },

  run = function(ctx)
    local families, total, scope = per_family(ctx)
    families = families:collect()
    ctx:metric { name = "families", value = #families, title = "Families" }
    local all, shown = cut_at(families, total, ctx.params.min_count)
    if #shown == 0 and #families > 0 then
      ctx:text(("No family has %s or more; `min_count=1` shows them all."):format(words.count(ctx.params.min_count, "IOC")))
    end
    ctx:table(all, { name = "families", title = "IOCs per family" })
    local cut = chart_cut(families, ctx.params.min_count)
    local drawn = cut < ctx.params.min_count and cut_at(families, total, cut) or all
    ctx:chart { name = "families", kind = "bar", title = "IOCs per family", data = drawn, x = "family", y = "count",
      y_title = "IOCs", note = ioc.note(scope) }
    find_largest(ctx, shown)
    find_new(ctx, shown, families)
  end,
}
