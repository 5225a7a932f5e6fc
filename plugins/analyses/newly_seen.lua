local lunette = require "lunette"
local seen = require "lunette.kit.seen"
local words = require "lunette.kit.words"

local DAY = 86400

-- The moment from which on things are new: what `since` says, or `days` before the log's end.
local function start_of(ctx, log)
  local span = log:filter("not_null(time)"):agg("first = min(time)", "last = max(time)"):first()
  if not span or not span.last then error("no row of the log has a time, so nothing can be told to be new", 0) end
  local given = ctx.params.since
  if given == "" then return span.last - ctx.params.days * DAY, span end
  local ok, time = pcall(lunette.time, given)
  if not ok then error(("since: '%s' is no time; write it as 2021-11-15 or 2021-11-15 12:00"):format(given), 0) end
  return time, span
end

-- The rows to look at and those that they are held against.
local function split(ctx)
  local log, baseline = ctx.input, ctx.params.baseline
  if baseline then return log, lunette.concat(baseline), nil end
  if not log:has("time", "time") then error("the log has no column time; give baseline=FILE to hold it against another log", 0) end
  local start, span = start_of(ctx, log)
  local since = { start = start }
  return log:filter("time >= $start", since), log:filter("time < $start", since), { start = start, first = span.first, last = span.last }
end

local function columns_of(by_host)
  return by_host and { "kind", "value", "src_ip" } or { "kind", "value" }
end

-- What the recent rows have and the baseline hasn't.
local function fresh(ctx, recent, baseline)
  local keys = columns_of(ctx.params.per_host)
  local new, old = seen.rows(recent, ctx.params.kind, "newly_seen"), seen.rows(baseline, ctx.params.kind, "newly_seen")
  local known = lunette.concat(old):select(table.unpack(keys)):distinct()
  return lunette.concat(new):anti_join(known, keys):group_by("kind", "value")
    :agg("hosts = count_distinct(src_ip)", "host = first(src_ip)", "count = count()", "first_seen = min(time)", "last_seen = max(time)")
    :sort("-hosts", "-count", "kind", "value"):collect()
end

-- Says where the baseline says too little: it should be longer than what is held against it.
local function caution(ctx, period, baseline)
  if #baseline == 0 then
    ctx:text "The baseline has no rows, so everything is new. Give a later `since`, or another log as `baseline`."
    return false
  end
  if not period then return true end
  if period.last < period.start then
    ctx:text(("No row is from then on: the log goes from %s to %s."):format(period.first:format "%Y-%m-%d %H:%M",
      period.last:format "%Y-%m-%d %H:%M"))
  end
  local before, after = math.min(period.start - period.first, period.last - period.first), period.last - period.start
  ctx:metric { name = "since", value = period.start, title = "New from" }
  ctx:metric { name = "baseline_days", value = math.floor(before / DAY * 100 + 0.5) / 100, title = "Days of baseline" }
  if before < after then
    ctx:text(("The baseline (%.1f days) is shorter than the period held against it (%.1f days): much that is usual will look new.")
      :format(before / DAY, after / DAY))
  end
  return true
end

-- What the figures count, and what they don't.
local function note_of(ctx, summary)
  local total = summary:agg("values = sum(values)", "new = sum(new)"):first()
  local n, of = total.new or 0, total.values or 0
  return "counts " .. words.part(n, of, "value", { { of - n, "that the baseline has" .. (ctx.params.per_host and
    " from the same hosts" or "") } }) .. "; local addresses aren't looked at"
end

local function find(ctx, new)
  for row in new:filter("count >= $n", { n = ctx.params.min_count }):head(ctx.params.findings):rows() do
    ctx:finding {
      severity = "low",
      title = ("The %s %s is new: %s from %s"):format(row.kind, row.value, words.count(row.count, "time"), row.hosts == 1
        and tostring(row.host) or words.count(row.hosts, "host")),
      evidence = new:filter("kind == $kind and value == $value", { kind = row.kind, value = row.value }),
    }
  end
end

return {
  api = 1,
  kind = "analysis",
  name = "newly_seen",
  title = "Newly seen",
  version = "1.0.0",
  summary = "Destinations, names, ports, user agents and JA3 that a baseline period didn't have",
  description = [[
Lists what a log's hosts have to do with since a moment and hadn't before it: what was never there is worth a look.

The baseline is the log before `since` (default: `days` before its end), or other logs given as `baseline=FILE`. Looks at
`dst_ip` (no private, link-local or multicast ones), `host` (by registered domain), `dst_port`, `user_agent` and `ja3`, as far as the
log has them. `per_host=true` also lists what is new for a host only, although others had it before. A baseline that is shorter
than the period held against it says little, and the analysis says so.]],
  categories = { "log", "network", "time" },
  author = "The Lunette authors",
  license = "MIT",
  input = { src_ip = "ip" },
  optional = { time = "time", dst_ip = "ip", dst_port = "int", host = "string", user_agent = "string" },
  params = {
    since = { type = "string", default = "", doc = "The moment from which on things are new, as 2021-11-15 or 2021-11-15 12:00." },
    days = { type = "float", default = 1, min = 0, doc = "Without `since`: so many days before the log's end." },
    baseline = { type = "input", doc = "Other logs as the baseline; all of the input is held against them." },
    kind = { type = "string", default = "all", choices = seen.CHOICES, doc = "Look at this kind only." },
    per_host = { type = "bool", default = false, doc = "Also what is new for a host, although others had it before." },
    min_count = { type = "int", default = 3, min = 1, doc = "A finding was seen at least so often." },
    findings = { type = "int", default = 10, min = 0, doc = "Report this many values as findings." },
  },
  permissions = {},
  example = {
    input = "sample-log", params = { since = "2021-11-22 15:00", kind = "destination" },
    expect = { tables = { new = true, summary = 1 } },
  },

  run = function(ctx)
    local recent, baseline, period = split(ctx)
    local new = fresh(ctx, recent, baseline)
    local is_known = caution(ctx, period, baseline)
    ctx:metric { name = "new", value = #new, title = "New values" }
    local summary = seen.summary(seen.values(recent, ctx.params.kind, "newly_seen"), new, "new")
    local note = note_of(ctx, summary)
    ctx:table(new, { name = "new", title = "Seen for the first time", note = note })
    ctx:table(summary, { name = "summary", title = "Per kind" })
    if period then
      ctx:chart { name = "new", kind = "area", title = "First sightings of new values", x = "hour", y = "new", color = "kind", note = note,
        data = new:group_by("hour = first_seen:trunc('hour')", "kind"):agg("new = count()"):sort("hour", "kind") }
    end
    if is_known then find(ctx, new) end
  end,
}
