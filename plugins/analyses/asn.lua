local lunette = require "lunette"
local ioc = require "lunette.kit.ioc"
local words = require "lunette.kit.words"

-- Counts per family and AS: family, asn, as_name, count, share (of the family's IOCs that an AS is known for).
local function per_family(counts)
  local totals = counts:group_by("family"):agg "total = sum(count)"
  return counts:join(totals, "family")
    :derive "share = count / total"
    :select("family", "asn", "as_name", "count", "share", "total")
end

-- How concentrated each family is: the number of its ASes, its largest one, and the Herfindahl index of its shares (1:
-- all in one AS; 1/n: evenly over n).
local function concentration(shares)
  return shares:sort("family", "-count", "asn")
    :derive "square = share * share"
    :group_by("family")
    :agg("count = sum(count)", "ases = count()", "largest_asn = first(asn)", "largest = first(as_name)",
      "largest_share = first(share)", "herfindahl = sum(square)")
    :sort("-count", "family")
end

-- How many families a network of each size would have if it took IOCs as they come: of every family that many times its
-- share of all, at least one. A table of size and expected.
local function expectations(sizes, counts)
  local shares, total = {}, ioc.sum(counts, "count")
  for row in counts:group_by "family":agg "n = sum(count)":rows() do shares[#shares + 1] = row.n / total end
  local values, expected = {}, {}
  for row in sizes:select "count":distinct():rows() do
    local sum = 0
    for _, share in ipairs(shares) do sum = sum + 1 - (1 - share) ^ row.count end
    values[#values + 1], expected[#expected + 1] = row.count, sum
  end
  return lunette.table { { name = "count", type = "int", values = values }, { name = "expected", type = "float", values = expected } }
end

-- Families per AS: how many, which one most, its IOCs, hosts, and for how long it has had some.
local function hosters(input, counts)
  local families = counts:sort("asn", "-count", "family"):group_by("asn")
    :agg("families = count()", "main_family = first(family)", "main_count = first(count)")
  return input:join(families, "asn"):join(expectations(input, counts), "count")
    :derive("main_share = main_count / count", "against_size = round(families / expected, 3)", "expected = round(expected, 1)")
    :select("asn", "as_name", "count", "hosts", "families", "main_family", "main_share", "first_seen", "last_seen", "days",
      "expected", "against_size")
    :sort("-families", "-count", "asn")
end

local function per_as(ctx, min_count)
  local wanted = ctx.params.threat_type
  local input = ctx.input:filter "not is_null(asn)"
  if wanted ~= "" and wanted ~= "all" and input:has "threat_type" then
    input = input:filter("threat_type == $wanted", { wanted = wanted })
  end
  local times = input:has("first_seen", "time")
  local groups = input:group_by("asn"):agg("as_name = first(as_name)", "count = count()", "hosts = count_distinct(ip)",
    times and "first_seen = min(first_seen)" or "first_seen = min(time(null))",
    times and "last_seen = max(first_seen)" or "last_seen = max(time(null))")
  return groups:filter("count >= $min", { min = min_count })
    :derive "days = round((last_seen - first_seen) / 86400)"
    :collect()
end

local FLOWS = 60 -- of the chart, the largest

-- What flows from families through ASes to countries (where the input knows them): the chart and what it says of itself.
local function draw(ctx, shown, scope, left_out)
  local chart = { name = "asn", kind = "sankey", title = "Families and the AS that host them", source = "family",
    target = "as_name", size = "count" }
  local flows = shown
  if ctx.input:has("country", "string") then
    chart.title, chart.via, chart.target = "Families, the AS that host them, and where", "as_name", "country"
    local wanted = ctx.params.threat_type
    local input = ctx.input:filter "not is_null(asn)"
    if scope.wanted then input = input:filter("threat_type == $wanted", { wanted = wanted }) end
    flows = input:derive(ioc.FAMILY):group_by("family", "asn", "country"):agg("as_name = first(as_name)", "count = count()")
      :semi_join(shown, { "family", "asn" }):sort("-count", "family", "asn", "country")
  end
  chart.data = flows:derive("as_name = coalesce(as_name, 'AS' .. string(asn))"):head(FLOWS):collect()
  left_out[#left_out + 1] = { ioc.sum(shown, "count") - ioc.sum(chart.data, "count"), ("beyond the %d largest flows"):format(FLOWS) }
  chart.note = ioc.note(scope, left_out)
  ctx:chart(chart)
end

local function find_concentrated(ctx, concentrated)
  local rows = concentrated:filter("count >= $min and largest_share >= 0.5", { min = ctx.params.min_count }):collect()
  for row in rows:head(ctx.params.findings):rows() do
    ctx:finding {
      severity = "low",
      title = ("%s of %s's hosts sit in AS%d, %s"):format(words.percent(row.largest_share), row.family, row.largest_asn,
        row.largest or "unnamed"),
      evidence = rows:filter("family == $family", { family = row.family }), chart = "asn",
    }
  end
end

-- "1.9 times as many as its size makes likely": how many families against how many were to be expected.
local function against_size(ratio)
  if ratio < 1.25 then return "about as many as its size makes likely" end
  return words.times(ratio) .. " as many as its size makes likely"
end

local SHELTER = 1 -- at least that many times the families that a network of its size would have by chance

-- An AS that many families use, for long, and that hasn't one main customer: those first that have most for their size.
local function find_shelters(ctx, hosts)
  local rows = hosts:filter("families >= $min and main_share < 0.5 and against_size >= $more and coalesce(days >= 180, false)",
    { min = ctx.params.min_families, more = SHELTER }):sort("-against_size", "asn"):collect()
  for row in rows:head(ctx.params.findings):rows() do
    ctx:finding {
      severity = "medium",
      title = ("AS%d, %s: %s of %s families (%s) on %s hosts over %s days"):format(row.asn,
        row.as_name or "unnamed", words.count(row.count, "IOC"), words.number(row.families), against_size(row.against_size),
        words.number(row.hosts), words.number(math.tointeger(row.days) or 0)),
      evidence = rows:filter("asn == $asn", { asn = row.asn }), chart = "asn",
    }
  end
end

return {
  api = 1,
  kind = "analysis",
  name = "asn",
  version = "1.0.0",
  title = "Networks",
  summary = "Which autonomous systems host which malware family, and which host many",
  description = [[
Counts IOCs per family and autonomous system (AS).

The table `asn` has a line for every family and AS with at least `min_count` IOCs together: `share` is that AS's part of
the family's IOCs. `concentration` says for each family how many ASes it uses, which one most, and the Herfindahl index
of its shares: 1 is all in one AS. `hosters` turns the question round: families per AS, on how many hosts, since when;
the number of IOCs is the AS's size in this feed, not in the Internet, so a large cloud leads by its size alone. `expected`
is how many families a network of that size would have if it took IOCs as they come, `against_size` how many times as many
there are. An AS with many families for its size, over a long time and with no main one, looks like hosting that doesn't
ask: findings name those that have at least as many as expected, the most varied for their size first.]],
  categories = { "ioc", "network" },
  author = "The Lunette authors",
  license = "MIT",
  references = {},
  input = { family = "string", ip = "ip", asn = "int", as_name = "string" },
  enrich = { "asn" },
  params = {
    min_count = { type = "int", default = 10, min = 1, doc = "Leave out pairs of family and AS, and ASes, with fewer IOCs." },
    min_families = { type = "int", default = 8, min = 2, doc = "An AS needs this many families to look like a shelter." },
    findings = { type = "int", default = 5, min = 0, doc = "Report at most this many findings of each kind." },
    threat_type = ioc.threat_type,
  },
  example = { input = "sample", params = {}, expect = { tables = { asn = true, concentration = true, hosters = true } } },

  run = function(ctx)
    local params = ctx.params
    local all, n, scope = ioc.grouped(ctx, { ioc.FAMILY, "asn" }, { "as_name = first(as_name)" })
    local known = all:filter "not is_null(asn)":collect()
    local with_as = ioc.sum(known, "count")
    ctx:metric { name = "without_as", value = n - with_as, title = "Without an AS",
      note = "no address, or one that no AS announces" }
    local shares = per_family(known):collect()
    local shown = shares:filter("count >= $min", { min = params.min_count }):sort("-count", "family", "asn"):drop "total"
    shown = shown:collect()
    ctx:metric { name = "rare", value = with_as - ioc.sum(shown, "count"), title = "In pairs that are too rare to show" }
    ctx:table(shown, { name = "asn", title = "IOCs per family and AS" })
    local concentrated = concentration(shares):collect()
    ctx:table(concentrated, { name = "concentration", title = "How concentrated each family is" })
    local hosts = hosters(per_as(ctx, params.min_count), known):collect()
    ctx:table(hosts, { name = "hosters", title = "Families per AS" })
    draw(ctx, shown, scope, { { n - with_as, "without an AS" },
      { with_as - ioc.sum(shown, "count"), ("in pairs of family and AS with fewer than %d"):format(params.min_count) } })
    find_concentrated(ctx, concentrated)
    find_shelters(ctx, hosts)
  end,
}
