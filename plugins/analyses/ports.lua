local ioc = require "lunette.kit.ioc"
local words = require "lunette.kit.words"

local CHART_PORTS = 15  -- bars of the chart
local CHART_OWNERS = 25

-- Ports that are mostly one family's: that family's count there, the port's total, the share, and the lift: how many
-- times the family's share of all IOCs that is.
local function owners_of(pairs_of_two, params, total)
  local per_port = pairs_of_two:group_by("port"):agg "total = sum(count)"
  local per_family = pairs_of_two:group_by("family"):agg "of_family = sum(count)"
  return pairs_of_two
    :join(per_port:filter("total >= $min", { min = params.min_total }), "port")
    :derive "share = count / total"
    :filter("share >= $min", { min = params.min_share })
    :join(per_family, "family")
    :derive("lift = share * $total / of_family", { total = total })
    :sort("-count", "port")
    :select("port", "family", "count", "total", "share", "lift")
    :collect()
end

-- The pairs below the cut as one line without a port, or nil when there are none.
local function rest_of(pairs_of_two, min_count)
  local rest = pairs_of_two:filter("count < $min", { min = min_count }):group_by()
    :agg("n = count()", "count = sum(count)")
  local n = rest:first().n
  if n == 0 then return nil end
  local name = ("other (%s)"):format(words.count(n, "pair of port and family", "pairs of port and family"))
  return rest:select("port = int(null)", "family = $name", "count", { name = name })
end

local function find_owned(ctx, owners, n)
  for row in owners:head(n):rows() do
    ctx:finding {
      severity = row.share >= 0.9 and "medium" or "low",
      title = ("Port %d: %s %s (%s of %s, %s its share of all IOCs)"):format(row.port, words.percent(row.share),
        row.family, words.number(row.count), words.number(row.total), words.times(row.lift)),
      evidence = owners:filter("port == $port", { port = row.port }), chart = "owners",
    }
  end
end

local function find_shared(ctx, per_port)
  local busiest = per_port:first()
  if not busiest or busiest.families < 5 then return end
  ctx:finding {
    severity = "info",
    title = ("Port %d is the busiest, and tells families apart least: %s of %s families"):format(busiest.port,
      words.count(busiest.count, "IOC"), words.number(busiest.families)),
    evidence = per_port:head(1), chart = "ports",
  }
end

local function draw(ctx, counts, per_port, owners, scope, portless)
  local busiest = per_port:head(CHART_PORTS):rename "total = count":drop "families":collect()
  local busy = counts:join(busiest, "port"):sort("-total", "port", "-count", "family"):select("port", "family", "count"):collect()
  local elsewhere = scope.counted - portless - ioc.sum(busy, "count")
  ctx:chart {
    name = "ports", kind = "bar", stacked = true, data = busy, x = "port", y = "count", color = "family", y_title = "IOCs",
    title = #busiest == CHART_PORTS and ("The %d busiest ports"):format(CHART_PORTS) or "IOCs per port",
    note = ioc.note(scope, { { portless, "without a port" }, { elsewhere, "on other ports" } }),
  }
  local shown = owners:head(CHART_OWNERS):collect()
  ctx:chart {
    name = "owners", kind = "bar", title = "Ports that are mostly one family's", data = shown, x = "port", y = "share",
    color = "family",
    note = ("each bar is the family's part of the port's IOCs; of %s with at least %s, %d of %d %s drawn"):format(
      words.count(#per_port:filter("count >= $min", { min = ctx.params.min_total }), "port"),
      words.count(ctx.params.min_total, "IOC"), #shown, #owners, #shown == 1 and "is" or "are"),
  }
end

return {
  api = 1,
  kind = "analysis",
  name = "ports",
  version = "1.0.0",
  title = "Ports",
  summary = "Which ports each malware family listens on, and which ports give a family away",
  description = [[
Counts IOCs per port and family, and lists the ports that are mostly one family's.

The table `ports` has a line for every port and family that occur together, the most frequent first; with
`min_count` above 1 the rarer ones are one line without a port, so that the counts still add up. The table `owners`
has the ports with at least `min_total` IOCs of which one family has at least `min_share`: `share` is that family's
part of the port's IOCs, `lift` how many times its part of all IOCs that is. A port with a large share and lift is a
hint to the family; a busy port without an owner, such as 443, is none. IOCs without a port are left out and
counted.]],
  categories = { "ioc", "network" },
  author = "The Lunette authors",
  license = "MIT",
  references = { "https://threatfox.abuse.ch/" },
  input = { family = "string", port = "int" },
  params = {
    min_count = { type = "int", default = 1, min = 0, doc = "Show rarer pairs of port and family as one line." },
    min_total = { type = "int", default = 25, min = 1, doc = "A port needs this many IOCs to have an owner." },
    min_share = {
      type = "float", default = 0.6, min = 0.5, max = 1,
      doc = "The part of a port's IOCs that makes a family its owner.",
    },
    findings = { type = "int", default = 10, min = 0, doc = "Report this many owned ports as findings." },
    threat_type = ioc.threat_type,
  },
  permissions = {},
  example = {
    input = "sample",
    params = { min_count = 100 },
    expect = { tables = { owners = true }, findings = { "Port 995:", "Port 449:" } },
  },

  run = function(ctx)
    local params = ctx.params
    local all, n, scope = ioc.grouped(ctx, { "port", ioc.FAMILY })
    local counts = all:filter "not is_null(port)":sort("-count", "port", "family"):collect()
    local total = ioc.sum(counts, "count")
    if total < n then
      ctx:metric { name = "portless", value = n - total, title = "Without a port" }
    end
    local shown = counts:filter("count >= $min", { min = params.min_count })
      :select("port", "family", "count")
    local rest = rest_of(counts, params.min_count)
    ctx:table(rest and shown:concat(rest) or shown, { name = "ports", title = "IOCs per port and family" })
    local owners = owners_of(counts, params, total)
    ctx:table(owners, { name = "owners", title = "Ports that are mostly one family's" })
    local per_port = counts:group_by("port"):agg("count = sum(count)", "families = count()")
      :sort("-count", "port"):collect()
    draw(ctx, counts, per_port, owners, scope, n - total)
    find_owned(ctx, owners, params.findings)
    find_shared(ctx, per_port)
  end,
}
