local lunette = require "lunette"
local cohosting = require "lunette.kit.cohosting"
local ioc = require "lunette.kit.ioc"
local words = require "lunette.kit.words"

local MANY_FAMILIES = 5 -- a host with so many is worth a finding
local CHANCE = 0.01     -- what chance alone gives more often than this is no news
local FACTOR = 2        -- nor is what is less than so many times the mean that chance gives
local HOSTING = 0.001   -- the same for common hosting, stricter since that mean is only an estimate
local MAX_FINDINGS = 5  -- of each kind
local CHART_HOSTS = 20

-- One row per host and family: ip, family, count, and the AS where the input knows it.
local function links_of(ctx)
  local input = ctx.input
  local aggregates = {
    input:has("asn", "int") and "asn = first(asn)" or nil,
    input:has("as_name", "string") and "as_name = first(as_name)" or nil,
  }
  if not aggregates[1] and aggregates[2] then aggregates = { aggregates[2] } end
  local links, _, scope = ioc.grouped(ctx, { "ip", ioc.FAMILY }, aggregates)
  local columns = {}
  if not input:has("asn", "int") then columns[#columns + 1] = "asn = int(null)" end
  if not input:has("as_name", "string") then columns[#columns + 1] = "as_name = string(null)" end
  if #columns > 0 then links = links:derive(table.unpack(columns)) end
  return links, scope
end

-- Hosts with several families, as { ip =, families = { names in order } }, in the order of `links`.
local function hosts_with_families(links, hosts)
  local rows = links:semi_join(hosts:filter "families > 1", "ip"):sort("ip", "family"):select("ip", "family"):collect()
  local ips, families = rows:column("ip"):values(), rows:column("family"):values()
  local list, current = {}, nil
  for i = 1, #ips do
    if not current or current.ip ~= ips[i] then
      current = { ip = ips[i], families = {} }
      list[#list + 1] = current
    end
    current.families[#current.families + 1] = families[i]
  end
  return list
end

-- The hosts table with a column `names`: the families in alphabetical order.
local function with_names(hosts, several)
  local ips, names = {}, {}
  for i, host in ipairs(several) do
    ips[i], names[i] = host.ip, table.concat(host.families, ", ")
  end
  local named = lunette.table {
    { name = "ip", type = "ip", values = ips },
    { name = "names", type = "string", values = names },
  }
  return hosts:join(named, "ip", { kind = "left" }):derive "names = coalesce(names, only_family)"
end

-- What the pair's number of shared hosts means.
local function verdict(pair, min_hosts)
  if pair.p_value > CHANCE or pair.hosts < FACTOR * pair.expected then return "chance" end
  if pair.hosts < min_hosts then return "too few to tell" end
  if pair.hosting_p_value > HOSTING then return "shared hosting" end
  return "more than chance"
end

-- Families as numbers, and on how many hosts each is.
local function number_families(links)
  local numbers, names, n_hosts = {}, {}, {}
  local totals = links:group_by("family"):agg("hosts = count()"):sort("family"):collect()
  local families, hosts = totals:column("family"):values(), totals:column("hosts"):values()
  for i = 1, #families do
    names[i], numbers[families[i]], n_hosts[i] = families[i], i, hosts[i]
  end
  return numbers, names, n_hosts
end

-- The pairs of families that share hosts, tested against chance, the most telling first.
local function pairs_of_families(links, several, params)
  local crowded = links:group_by("ip"):agg("families = count()")
    :filter("families >= $crowd", { crowd = params.crowd })
  local numbers, names, n_hosts = number_families(
    links:anti_join(crowded, "ip"):filter("family ~= $unnamed", { unnamed = ioc.UNNAMED }))
  local hosts = {}
  for _, host in ipairs(several) do
    local groups = {}
    for _, family in ipairs(#host.families < params.crowd and host.families or {}) do
      groups[#groups + 1] = family ~= ioc.UNNAMED and numbers[family] or nil
    end
    if #groups > 1 then hosts[#hosts + 1] = groups end
  end
  local pairs_found = cohosting.test(hosts, n_hosts, { shuffles = params.shuffles, seed = params.seed })
  for _, pair in ipairs(pairs_found) do
    pair.family, pair.other = names[pair.a], names[pair.b]
    pair.verdict = verdict(pair, params.min_hosts)
  end
  return pairs_found
end

local PAIR_COLUMNS = {
  { "family", "string" }, { "other", "string" }, { "hosts", "int" }, { "expected", "float" }, { "hosting", "float" },
  { "p_value", "float" }, { "verdict", "string" },
}

local function pairs_table(list)
  local columns = {}
  for at, column in ipairs(PAIR_COLUMNS) do
    local values = {}
    for i, pair in ipairs(list) do values[i] = pair[column[1]] end
    columns[at] = { name = column[1], type = column[2], values = values }
  end
  return lunette.table(columns)
    :derive("ratio = if_else(expected > 0, hosts / expected, null)", "kin = verdict == 'more than chance'")
    :sort("-kin", "-hosts", "family", "other")
    :select("family", "other", "hosts", "expected", "ratio", "p_value", "hosting", "verdict")
    :collect()
end

local function find_crowded(ctx, hosts)
  local crowded = hosts:filter("families >= $many", { many = MANY_FAMILIES }):collect()
  for row in crowded:head(MAX_FINDINGS):rows() do
    ctx:finding {
      severity = "low",
      title = ("%s is listed for %d families in %s: shared infrastructure, which says little about any of them"):format(
        tostring(row.ip), row.families, words.count(row.iocs, "IOC")),
      evidence = crowded:filter("ip == $ip", { ip = row.ip }), chart = "hosts",
    }
  end
end

-- Single addresses that hold a large part of a family's IOCs: they bend every count of that family.
local function find_floods(ctx, links, hosts)
  local totals = links:group_by("family"):agg "total = sum(count)"
  local floods = links:filter "count >= 50":join(totals, "family")
    :filter "count >= 0.2 * total":sort "-count":select("ip", "family", "count", "total"):collect()
  for row in floods:head(MAX_FINDINGS):rows() do
    ctx:finding {
      severity = "medium",
      title = ("%s alone holds %s of %s's %s"):format(tostring(row.ip), words.percent(row.count / row.total),
        row.family, words.count(row.total, "IOC")),
      evidence = hosts:filter("ip == $ip", { ip = row.ip }), chart = "hosts",
    }
  end
end

local function find_kin(ctx, kin)
  for row in kin:head(MAX_FINDINGS):rows() do
    ctx:finding {
      severity = "high",
      title = ("%s and %s share %s; chance would give %.1f, common hosting %.1f"):format(row.family, row.other,
        words.count(row.hosts, "host"), row.expected, row.hosting),
      evidence = kin:filter("family == $a and other == $b", { a = row.family, b = row.other }), chart = "pairs",
    }
  end
end

return {
  api = 1,
  kind = "analysis",
  name = "overlap",
  version = "1.0.0",
  title = "Shared hosts",
  summary = "Which hosts carry several IOCs or families, and which families share hosts more than chance would have it",
  description = [[
Lists the hosts with several IOCs or several families, and tests for every pair of families whether they share more
hosts than chance gives.

For chance, the families are dealt out anew over all hosts (`shuffles` times, by `seed`), every host keeping its
number of families and every family its number of hosts: `expected` is the mean number of shared hosts, `p_value`
how often chance reaches the real one. Families that rent the same cheap hosting meet there without having to do
with each other: `hosting` is how many shared hosts that explains. Hosts with `crowd` or more families (exits of
tunnels and private networks) say nothing about kinship and are left out of the test. The verdict is `more than
chance` only where a pair shares at least `min_hosts` hosts, twice as many as chance gives with a p-value of at most
0.01, and so many that their common liking for shared hosting would give them less than once in a thousand times.
Columns `asn` and `as_name` are null unless the input has been enriched.]],
  categories = { "ioc", "infrastructure" },
  author = "The Lunette authors",
  license = "MIT",
  references = { "https://threatfox.abuse.ch/" },
  input = { family = "string", ip = "ip" },
  params = {
    min_families = { type = "int", default = 1, min = 1, doc = "List only hosts with at least so many families." },
    crowd = { type = "int", default = 5, min = 3, doc = "Leave hosts with so many families out of the pairs." },
    min_hosts = { type = "int", default = 3, min = 1, doc = "Hosts that a pair must share to be more than chance." },
    shuffles = { type = "int", default = 200, min = 1, max = 100000, doc = "How often chance is tried." },
    seed = { type = "int", default = 1, doc = "Start of the pseudo-random numbers." },
    threat_type = ioc.threat_type,
  },
  permissions = {},
  example = {
    input = "sample",
    params = {},
    expect = { tables = { overlap = true, pairs = true }, findings = { "BazarBackdoor and TrickBot share" } },
  },

  run = function(ctx)
    local all, scope = links_of(ctx)
    local links = all:filter "not is_null(ip)":collect()
    local without = ioc.sum(all, "count") - ioc.sum(links, "count")
    if without > 0 then ctx:metric { name = "no_address", value = without, title = "Without an address" } end
    local hosts = links:group_by("ip")
      :agg("families = count()", "only_family = first(family)", "iocs = sum(count)", "asn = first(asn)",
        "as_name = first(as_name)")
      :collect()
    local several = hosts_with_families(links, hosts)
    ctx:metric { name = "hosts", value = #hosts, title = "Hosts" }
    ctx:metric { name = "shared_hosts", value = #several, title = "Hosts with several families" }
    local listed = hosts:filter("iocs > 1 and families >= $min", { min = ctx.params.min_families })
    local shared = with_names(listed, several)
      :sort("-families", "-iocs", "ip")
      :select("ip", "families", "names", "iocs", "asn", "as_name"):collect()
    ctx:table(shared, { name = "overlap", title = "Hosts with several IOCs or families" })
    local crowded = shared:filter "families > 1":head(CHART_HOSTS):collect()
    ctx:chart {
      name = "hosts", kind = "bar", title = "The hosts with the most families", data = crowded, x = "ip", y = "families",
      note = ("%s; %d of the %s with several families %s drawn"):format(ioc.note(scope, { { without, "without an address" } }),
        #crowded, words.count(#several, "host"), #crowded == 1 and "is" or "are"),
    }
    local tested = pairs_table(pairs_of_families(links, several, ctx.params))
    ctx:table(tested, {
      name = "pairs", title = "Pairs of families on the same hosts",
      note = ("hosts with %d or more families left out"):format(ctx.params.crowd),
    })
    local kin = tested:filter "verdict == 'more than chance'":collect()
    ctx:chart {
      name = "pairs", kind = "network", title = "Families that share hosts more than chance would have it", data = kin,
      source = "family", target = "other", size = "hosts",
      note = ("%s of %s of families that share a host; left out: what chance or common hosting explains"):format(
        words.number(#kin), words.count(#tested, "pair")),
    }
    find_kin(ctx, kin)
    find_floods(ctx, links, hosts)
    find_crowded(ctx, shared)
  end,
}
