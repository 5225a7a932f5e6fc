local lunette = require "lunette"
local ioc = require "lunette.kit.ioc"
local words = require "lunette.kit.words"

local DAY = 86400
local SURGE = 3          -- a month this many times above the three before it is worth a finding
local ENOUGH = 100       -- IOCs that a month or a family needs for a finding
local LATE_DAYS = 60     -- a family that comes this long after the data begins appears in it
local MAX_FINDINGS = 10  -- of each kind; those of the largest families

-- Keeps the `top` largest families and calls all others "other (N families)".
local function with_other(counts, top)
  local families = counts:group_by("family"):agg("total = sum(count)"):sort("-total", "family"):collect()
  if #families <= top then return counts, families:column("family"):values() end
  local named = families:head(top):derive "label = family"
  local other = ioc.other(#families - top)
  local labels = named:collect():column("label"):values()
  labels[#labels + 1] = other
  counts = counts:join(named:select("family", "label"), "family", { kind = "left" })
    :derive("family = coalesce(label, $other)", { other = other })
    :group_by("day", "family"):agg "count = sum(count)"
  return counts, labels
end

-- The start of the period after the one that starts at `day`.
local STEP = {
  day = function(day) return day + DAY end,
  week = function(day) return day + 7 * DAY end,
  month = function(day)
    local year, month = day.year, day.month + 1
    if month == 13 then year, month = year + 1, 1 end
    return lunette.time(("%04d-%02d-01"):format(year, month))
  end,
}

-- Every period of the span for every family, families innermost, in the order of `labels`.
local function grid(first, last, unit, labels)
  local days, families, n = {}, {}, 0
  local day = first
  while day <= last do
    for _, label in ipairs(labels) do
      n = n + 1
      days[n], families[n] = day, label
    end
    day = STEP[unit](day)
  end
  return lunette.table {
    { name = "day", type = "time", values = days },
    { name = "family", type = "string", values = families },
  }
end

-- Counts per period and family with the gaps as zeros.
local function fill_gaps(counts, unit, labels)
  local span = counts:group_by():agg("first = min(day)", "last = max(day)"):first()
  if not span.first then return counts end
  return grid(span.first, span.last, unit, labels)
    :join(counts, { "day", "family" }, { kind = "left" })
    :derive "count = coalesce(count, 0)"
end

-- Families that aren't there when the data begins: they appear, or return after a pause before it.
local function find_late(ctx, daily)
  local start = daily:agg("first = min(day)"):first().first
  if not start then return end
  local late = daily:group_by("family")
    :agg("first = min(day)", "count = sum(count)")
    :filter("first >= $from and count >= $enough", { from = start + LATE_DAYS * DAY, enough = ENOUGH })
    :sort("-count", "family")
  for row in late:head(MAX_FINDINGS):rows() do
    local on_the_day = daily:filter("family == $family and day == $day", { family = row.family, day = row.first })
    ctx:finding {
      severity = "medium",
      title = ("%s appears on %s: %s that day, %s since"):format(row.family, row.first:format "%Y-%m-%d",
        words.count(on_the_day:first().count, "IOC"), words.number(row.count)),
      evidence = on_the_day, chart = "timeline",
    }
  end
end

-- The steepest month of a family: { month, count, factor } against the mean of the three months before it.
local function steepest(months, counts)
  local best
  for i = 4, #months do
    local before = (counts[i - 1] + counts[i - 2] + counts[i - 3]) / 3
    local factor = counts[i] / before
    if before > 0 and counts[i] >= ENOUGH and factor >= SURGE and (not best or factor > best.factor) then
      best = { month = months[i], count = counts[i], factor = factor }
    end
  end
  return best
end

-- Counts per month of each family in `names`: the months' starts, and by family the counts.
local function by_month(daily, names)
  local monthly = fill_gaps(
    daily:group_by("day = day:trunc('month')", "family"):agg("count = sum(count)"), "month", names):collect()
  local months, counts = {}, {}
  local day, family, count = monthly:column "day", monthly:column "family", monthly:column "count"
  for i = 1, #monthly do
    local of_family = counts[family[i]] or {}
    counts[family[i]] = of_family
    of_family[#of_family + 1] = count[i]
    months[#of_family] = day[i]
  end
  return months, counts, monthly
end

local function find_surges(ctx, daily)
  local names = daily:group_by("family"):agg("count = sum(count)")
    :filter("count >= $enough", { enough = ENOUGH }):sort("-count", "family"):column("family"):values()
  local months, counts, monthly = by_month(daily, names)
  local left = MAX_FINDINGS
  for _, name in ipairs(names) do
    local surge = left > 0 and counts[name] and steepest(months, counts[name])
    if surge then
      left = left - 1
      ctx:finding {
        severity = "medium",
        title = ("%s rises in %s: %s, %s the mean of the three months before"):format(name,
          surge.month:format "%B %Y", words.count(surge.count, "IOC"), words.times(surge.factor)),
        evidence = monthly:filter("family == $name", { name = name }), chart = "timeline",
      }
    end
  end
end

return {
  api = 1,
  kind = "analysis",
  name = "timeline",
  version = "1.0.0",
  title = "Timeline",
  summary = "How many IOCs of each malware family came in per day, week or month",
  description = [[
Counts IOCs by the day, week or month of their first sighting and by family, from the first period of the data to
the last, with zeros where a family has none.

The `top` largest families are shown by name, all others together as one, so that each period's counts add up. Weeks
start on Monday; `day` is the first day of the period, in UTC. Findings name families that appear long after the
data begins, and months in which a family has at least three times what it had on average in the three months
before.]],
  categories = { "ioc", "time" },
  author = "The Lunette authors",
  license = "MIT",
  references = { "https://threatfox.abuse.ch/" },
  input = { family = "string", first_seen = "time" },
  params = {
    unit = { type = "string", default = "day", choices = { "day", "week", "month" }, doc = "Length of a period." },
    top = { type = "int", default = 10, min = 1, doc = "Show this many families by name, the others as one." },
    threat_type = ioc.threat_type,
  },
  permissions = {},
  example = {
    input = "sample",
    params = { unit = "month", top = 5 },
    expect = { tables = { timeline = 60 }, findings = { "Cobalt Strike rises in September 2021" } },
  },

  run = function(ctx)
    local unit = ctx.params.unit
    local all = ioc.grouped(ctx, { "day = first_seen:trunc('day')", ioc.FAMILY })
    local undated = ioc.sum(all:filter "is_null(day)", "count")
    if undated > 0 then
      ctx:metric { name = "undated", value = undated, title = "Undated", note = "without a first sighting" }
    end
    local daily = all:filter "not is_null(day)":collect()
    local counts, labels = with_other(daily, ctx.params.top)
    if unit ~= "day" then
      counts = counts:group_by(("day = day:trunc('%s')"):format(unit), "family"):agg "count = sum(count)"
    end
    local filled = fill_gaps(counts, unit, labels):collect()
    ctx:table(filled, { name = "timeline", title = ("IOCs per %s and family"):format(unit) })
    ctx:chart {
      name = "timeline", kind = "area", title = ("IOCs per %s"):format(unit), data = filled,
      x = "day", y = "count", color = "family",
    }
    find_late(ctx, daily)
    find_surges(ctx, daily)
  end,
}
