local lunette = require "lunette"
local ioc = require "lunette.kit.ioc"
local words = require "lunette.kit.words"

local DAY = 86400
local SURGE = 3          -- a month this many times above the three before it is worth a finding, a week above the four
local ENOUGH_A_WEEK = 50 -- IOCs that a week needs for a finding
local USUAL = 5          -- and so many it takes in each of the weeks before, to speak of a multiple
local ABRUPT = 20        -- IOCs on its first day that make a new family more than a single find
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
    local n = on_the_day:first().count
    ctx:finding {
      severity = n >= ABRUPT and "medium" or "low",
      title = ("%s appears on %s: %s that day, %s since"):format(row.family, row.first:format "%Y-%m-%d",
        words.count(n, "IOC"), words.number(row.count)),
      evidence = on_the_day, chart = "timeline",
    }
  end
end

-- The steepest period of a family: { start, count, mean, factor } against the mean of the periods before it.
local function steepest(starts, counts, how)
  local best
  for i = how.before + 1, #starts do
    local sum = 0
    for k = 1, how.before do sum = sum + counts[i - k] end
    local mean = sum / how.before
    local factor = counts[i] / mean
    if mean > 0 and mean >= how.usual and counts[i] >= how.enough and factor >= SURGE
      and (not best or how.weight(factor, counts[i] - mean) > best.weight) then
      best = { start = starts[i], count = counts[i], mean = mean, factor = factor,
        weight = how.weight(factor, counts[i] - mean) }
    end
  end
  return best
end

-- Counts per period of each family in `names`: the periods' starts, by family the counts, and all as a table.
local function by_period(daily, unit, names)
  local all = fill_gaps(daily:group_by(("day = day:trunc('%s')"):format(unit), "family"):agg "count = sum(count)", unit, names)
    :collect()
  local starts, counts = {}, {}
  local day, family, count = all:column "day", all:column "family", all:column "count"
  for i = 1, #all do
    local of_family = counts[family[i]] or {}
    counts[family[i]] = of_family
    of_family[#of_family + 1] = count[i]
    starts[#of_family] = day[i]
  end
  return starts, counts, all
end

local MULTIPLES = { [3] = "tripled", [4] = "quadrupled", [5] = "quintupled" }

local MONTHS = { unit = "month", before = 3, usual = 0, enough = ENOUGH, weight = function(factor) return factor end }
function MONTHS.title(name, surge)
  return ("%s rises in %s: %s, %s the mean of the three months before"):format(name, surge.start:format "%B %Y",
    words.count(surge.count, "IOC"), words.times(surge.factor))
end

local WEEKS = { unit = "week", before = 4, usual = USUAL, enough = ENOUGH_A_WEEK,
  weight = function(_, excess) return excess end }
function WEEKS.title(name, surge)
  local n = math.floor(surge.factor + 0.5)
  return ("%s %s in the week of %d %s: %s after %s a week"):format(name, MULTIPLES[n] or ("rose %d-fold"):format(n),
    surge.start.day, surge.start:format "%B %Y", words.count(surge.count, "IOC"), words.number(math.floor(surge.mean + 0.5)))
end

local function find_surges(ctx, daily, how)
  local names = daily:group_by("family"):agg("count = sum(count)")
    :filter("count >= $enough", { enough = ENOUGH }):sort("-count", "family"):column("family"):values()
  local starts, counts, all = by_period(daily, how.unit, names)
  local left = MAX_FINDINGS
  for _, name in ipairs(names) do
    local surge = left > 0 and name ~= ioc.UNNAMED and counts[name] and steepest(starts, counts[name], how)
    if surge then
      left = left - 1
      ctx:finding { severity = "medium", chart = "timeline", title = how.title(name, surge),
        evidence = all:filter("family == $name and day >= $from and day <= $to", { name = name,
          from = surge.start - how.before * (how.unit == "week" and 7 or 31) * DAY, to = surge.start }) }
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
data begins, months in which a family has at least three times what it had on average in the three months
before, and weeks with at least three times the mean of the four weeks before.]],
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
    local all, _, scope = ioc.grouped(ctx, { "day = first_seen:trunc('day')", ioc.FAMILY })
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
      name = "timeline", kind = "area", title = unit == "day" and "IOCs over time" or ("IOCs per %s"):format(unit), data = filled,
      x = "day", y = "count", color = "family", y_title = "IOCs",
      note = ioc.note(scope, { { undated, "without a first sighting" } }),
    }
    find_late(ctx, daily)
    find_surges(ctx, daily, WEEKS)
    find_surges(ctx, daily, MONTHS)
  end,
}
