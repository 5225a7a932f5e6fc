local seen = require "lunette.kit.seen"
local words = require "lunette.kit.words"

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

Looks at the log's `dst_ip` (no private, link-local or multicast ones), `host` (by registered domain), `dst_port`, `user_agent` and
`ja3`, as far as it has them. A value is rare if it was seen from at most `max_hosts` hosts. The more hosts a log has, the more that
says: with fewer than `min_population` hosts the analysis says so and reports no findings.]],
  categories = { "log", "network" },
  author = "The Lunette authors",
  license = "MIT",
  input = { src_ip = "ip" },
  optional = { time = "time", dst_ip = "ip", dst_port = "int", host = "string", user_agent = "string" },
  params = {
    kind = { type = "string", default = "all", choices = seen.CHOICES,
      doc = "Look at this kind only." },
    max_hosts = { type = "int", default = 1, min = 1, doc = "A value seen from more hosts isn't rare." },
    min_population = { type = "int", default = 10, min = 1, doc = "With fewer hosts in the log, nothing is a finding." },
    min_count = { type = "int", default = 10, min = 1, doc = "A finding was seen at least so often." },
    findings = { type = "int", default = 10, min = 0, doc = "Report this many values as findings." },
  },
  permissions = {},
  example = { input = "sample-log", expect = { tables = { rare = true, summary = 2 }, findings = { "port 995 was seen from 1 host" } } },

  run = function(ctx)
    local values = seen.values(ctx.input, ctx.params.kind, "rare"):collect()
    local n_hosts = ctx.input:agg("n = count_distinct(src_ip)"):first().n
    local rare = values:filter("hosts <= $max", { max = ctx.params.max_hosts })
      :sort("hosts", "-count", "kind", "value")
      :select("kind", "value", "hosts", "host", "count", "first_seen", "last_seen"):collect()
    ctx:metric { name = "hosts", value = n_hosts, title = "Hosts" }
    ctx:metric { name = "rare", value = #rare, title = "Rare values" }
    ctx:table(rare, { name = "rare", title = "Seen from few hosts",
      note = "counts " .. words.part(#rare, #values, "value", { { #values - #rare,
        "seen from more than " .. words.count(ctx.params.max_hosts, "host") } }) .. "; local addresses aren't looked at" })
    ctx:table(seen.summary(values, rare, "rare"), { name = "summary", title = "Per kind" })
    if n_hosts < ctx.params.min_population then
      ctx:text(("The log has %s: too few to call anything unusual."):format(words.count(n_hosts, "host")))
    else
      find(ctx, rare, n_hosts)
    end
  end,
}
