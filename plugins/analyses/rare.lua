local lunette = require "lunette"
local words = require "lunette.kit.words"

-- What is looked at, with the names that logs give it, the first that is there.
local KINDS = {
  { kind = "destination", columns = { "dst_ip" }, condition = "not x:is_private()" },
  { kind = "name", columns = { "host" }, value = "coalesce(registered_domain(x), lower(x))" },
  { kind = "port", columns = { "dst_port" } },
  { kind = "user agent", columns = { "user_agent" } },
  { kind = "ja3", columns = { "ja3", "tls.ja3.hash" } },
}

local function column_of(log, names)
  for _, name in ipairs(names) do
    if log:has(name) then return "`" .. name .. "`" end
  end
  return nil
end

-- The values of one kind with how many hosts they were seen from.
local function seen(log, kind)
  local column = column_of(log, kind.columns)
  if not column then return nil end
  local rows = log:select("src_ip", "time", "x = " .. column):filter("not_null(x) and not_null(src_ip)")
  if kind.condition then rows = rows:filter(kind.condition) end
  return rows:group_by("value = string(" .. (kind.value or "x") .. ")")
    :agg("hosts = count_distinct(src_ip)", "host = first(src_ip)", "count = count()", "first_seen = min(time)",
      "last_seen = max(time)")
    :derive("kind = $kind", { kind = kind.kind })
end

local function all_seen(ctx)
  local log, out = ctx.input, {}
  if not log:has("time", "time") then log = log:derive "time = time(null)" end
  for _, kind in ipairs(KINDS) do
    if ctx.params.kind == "all" or ctx.params.kind == kind.kind then out[#out + 1] = seen(log, kind) end
  end
  if #out == 0 then
    error(("the log has no column for kind=%s; rare looks at dst_ip, host, dst_port, user_agent and ja3"):format(
      ctx.params.kind), 0)
  end
  return lunette.concat(out):collect()
end

-- Per kind how many values there are, and how many of them are rare.
local function summary_of(values, rare)
  local n_rare = rare:group_by("kind"):agg "rare = count()"
  return values:group_by("kind"):agg("values = count()"):join(n_rare, "kind", { kind = "left" })
    :select("kind", "values", "rare = coalesce(rare, 0)"):collect()
end

local function find(ctx, rare, n_hosts)
  local loud = rare:filter("count >= $n", { n = ctx.params.min_count }):sort("-count"):head(ctx.params.findings):collect()
  for row in loud:rows() do
    ctx:finding {
      severity = "low",
      title = ("The %s %s was seen from %s only (%s), %s"):format(row.kind, row.value,
        words.count(row.hosts, "host") .. " of " .. words.number(n_hosts), tostring(row.host), words.count(row.count, "time")),
      evidence = loud:filter("kind == $kind and value == $value", { kind = row.kind, value = row.value }),
    }
  end
end

return {
  api = 1,
  kind = "analysis",
  name = "rare",
  version = "1.0.0",
  title = "Rare values",
  summary = "Destinations, names, ports, user agents and JA3 seen from few hosts",
  description = [[
Lists what only few of a log's hosts have to do with: malware on one machine stands out among what all machines do.

Looks at the log's `dst_ip` (outside of private networks), `host` (by registered domain), `dst_port`, `user_agent` and `ja3`, as
far as it has them. A value is rare if it was seen from at most `max_hosts` hosts. The more hosts a log has, the more that
says: with fewer than `min_population` hosts the analysis says so and reports no findings.]],
  categories = { "log", "network" },
  author = "The Lunette authors",
  license = "MIT",
  input = { src_ip = "ip" },
  optional = { time = "time", dst_ip = "ip", dst_port = "int", host = "string", user_agent = "string" },
  params = {
    kind = { type = "string", default = "all", choices = { "all", "destination", "name", "port", "user agent", "ja3" },
      doc = "Look at this kind only." },
    max_hosts = { type = "int", default = 1, min = 1, doc = "A value seen from more hosts isn't rare." },
    min_population = { type = "int", default = 10, min = 1, doc = "With fewer hosts in the log, nothing is a finding." },
    min_count = { type = "int", default = 10, min = 1, doc = "A finding was seen at least so often." },
    findings = { type = "int", default = 10, min = 0, doc = "Report this many values as findings." },
  },
  permissions = {},
  example = { input = "sample-log", expect = { tables = { rare = true, summary = 2 }, findings = { "port 995 was seen from 1 host" } } },

  run = function(ctx)
    local values = all_seen(ctx)
    local n_hosts = ctx.input:agg("n = count_distinct(src_ip)"):first().n
    local rare = values:filter("hosts <= $max", { max = ctx.params.max_hosts })
      :sort("hosts", "-count", "kind", "value")
      :select("kind", "value", "hosts", "host", "count", "first_seen", "last_seen"):collect()
    ctx:metric { name = "hosts", value = n_hosts, title = "Hosts" }
    ctx:metric { name = "rare", value = #rare, title = "Rare values" }
    ctx:table(rare, { name = "rare", title = "Seen from few hosts" })
    ctx:table(summary_of(values, rare), { name = "summary", title = "Per kind" })
    if n_hosts < ctx.params.min_population then
      ctx:text(("The log has %s: too few to call anything unusual."):format(words.count(n_hosts, "host")))
    else
      find(ctx, rare, n_hosts)
    end
  end,
}
