local lunette = require "lunette"
local dga = require "lunette.kit.dga"
local lookups = require "lunette.kit.lookups"
local words = require "lunette.kit.words"

-- Names that aren't of the Internet's name space, or tell of addresses.
local INSIDE = "name:ends_with('.local', '.localdomain', '.lan', '.home', '.internal', '.corp', '.intranet', '.in-addr.arpa', '.ip6.arpa')"

-- Names below these are made by programs of the provider.
local PROVIDERS = "domain:ends_with('.cloudfront.net', '.amazonaws.com', '.azureedge.net', '.trafficmanager.net', '.cloudapp.net', "
  .. "'.cloudapp.azure.com', '.azurewebsites.net', '.windows.net', '.akamaized.net', '.akamaiedge.net', '.fastly.net', "
  .. "'.googleusercontent.com', '.appspot.com', '.herokuapp.com', '.netlify.app', '.vercel.app', '.pages.dev', "
  .. "'.digitaloceanspaces.com', '.github.io', '.gitlab.io', '.elb.amazonaws.com', '.edgekey.net', '.edgesuite.net')"

-- Answers' codes, by the names that logs give them.
local CODES = { "rcode_name", "dns.rcode", "rcode" }

-- Why an input isn't a log of look-ups, or nil.
local function unfit(ctx, names)
  if ctx.input:has "src_ip" then return nil end
  if ctx.input:has "ioc" then
    return "the input is a list of indicators, not a log of look-ups; lunette run dns looks at its names all the same"
  end
  if #names == 0 then return "no host of the input is a domain name" end
end

-- The log's look-ups with canonical names: time, client, name, failed (null where the log has no answers), domain, below (what
-- stands before the domain). Also returns whether the log has answers' codes, and how many different names it has, of which
-- some may be none of the Internet.
local function queries_of(ctx)
  local log = ctx.input
  for _, wanted in ipairs { { "time", "time" }, { "src_ip", "ip" }, { "src_port", "int" }, { "dst_ip", "ip" }, { "dst_port", "int" } } do
    if not log:has(wanted[1], wanted[2]) then log = log:derive(("%s = %s(null)"):format(wanted[1], wanted[2])) end
  end
  if log:has("event_type", "string") then log = log:filter "event_type == 'dns'" end
  local code
  for _, name in ipairs(CODES) do
    if not code and log:has(name) then code = "string(`" .. name .. "`)" end
  end
  local is_answer = log:has("dns.type", "string") and "coalesce(`dns.type` == 'answer', false)" or "false"
  log = log:filter "not_null(host)":select("time", ("asked = if_else(%s, 0, 1)"):format(is_answer),
    "client = if_else(coalesce(src_port == 53 and dst_port ~= 53, false), dst_ip, src_ip)",
    "name = lower(trim(host, '.'))", "failed = " .. (code and code .. " in ('NXDOMAIN', '3')" or "bool(null)"))
  local queries = log:filter(("is_domain(name) and not %s"):format(INSIDE))
    :derive "domain = registered_domain(name)"
    :filter "not_null(domain)"
  return queries, code ~= nil, log:agg("n = count_distinct(name)"):first().n
end

-- A row per client and name: everything further is counted from it.
local function names_of(queries)
  return queries:group_by("client", "name", "domain")
    :agg("queries = sum(asked)", "failures = count() where failed", "first_seen = min(time)", "last_seen = max(time)")
    :derive "below = if_else(len(name) > len(domain), sub(name, 1, len(name) - len(domain) - 1), '')"
    :collect()
end

-- Domains with the score of their name, the highest first.
local function generated(names, min_score)
  local domains = names:filter("not " .. PROVIDERS):group_by("domain")
    :agg("hosts = count_distinct(client)", "host = first(client)", "queries = sum(queries)", "failures = sum(failures)",
      "first_seen = min(first_seen)", "last_seen = max(last_seen)")
    :derive "label = split_part(domain, '.', 1)":collect()
  local scores = dga.scores(domains:column("label"):values())
  local scored = lunette.table { { name = "domain", type = "string", values = domains:column("domain"):values() },
    { name = "score", type = "float", values = scores } }
  return domains:join(scored, "domain"):filter("score >= $min", { min = min_score })
    :derive("entropy = entropy(label)", "length = len(label)")
    :sort("-score", "-queries", "domain")
    :select("domain", "score", "length", "entropy", "hosts", "host", "queries", "failures", "first_seen", "last_seen")
    :collect()
end

-- Windows of a client in which it asked for many different domains that don't exist.
local function bursts(queries, params)
  local step = params.window * 60.0
  return queries:filter "failed and not_null(time)"
    :derive("start = time(floor(float(time) / $step) * $step)", { step = step })
    :group_by("client", "start"):agg("domains = count_distinct(domain)", "queries = count()", "example = first(domain)")
    :filter("domains >= $min", { min = params.min_failures }):sort("-domains", "start", "client"):collect()
end

-- Domains below which a client asks for many different, long names: they carry data.
local function tunnels(names, params)
  return names:filter "below ~= '' and below ~= 'www'"
    :derive "mixed = entropy(replace(below, '.', ''))"
    :group_by("client", "domain")
    :agg("names = count()", "queries = sum(queries)", "length = mean(len(below))", "entropy = mean(mixed)",
      "characters = sum(len(below))", "example = first(name)", "first_seen = min(first_seen)", "last_seen = max(last_seen)")
    :filter("names >= $n and length >= $length and entropy >= 3.0", { n = params.min_names, length = params.min_length })
    :sort("-characters", "domain", "client"):collect()
end

-- The longest and the most mixed names.
local function unusual(names, params)
  return names:group_by("name"):agg("hosts = count_distinct(client)", "host = first(client)", "queries = sum(queries)",
    "first_seen = min(first_seen)")
    :derive("length = len(name)", "entropy = entropy(name)")
    :filter("length >= $length or entropy >= $entropy", { length = params.long_name, entropy = params.mixed_name })
    :sort("-length", "name"):select("name", "length", "entropy", "hosts", "host", "queries", "first_seen"):head(100):collect()
end

local function asked_services(queries)
  return queries:derive("kind = " .. lookups.KIND):filter "not_null(kind)":derive("about = " .. lookups.ASKED)
    :group_by("kind", "client", "about")
    :agg("services = count_distinct(if_else(kind == 'own address', name, domain))", "queries = sum(asked)", "example = first(name)",
      "first_seen = min(time)", "last_seen = max(time)")
    :sort("kind", "-queries", "client"):collect()
end

local function who(client) return client and tostring(client) or "A host" end

local function find_generated(ctx, domains)
  local by_host = domains:filter("hosts <= 3"):group_by("host")
    :agg("n = count()", "failing = count() where failures > 0", "example = first(domain)"):sort("-n", "host"):collect()
  for row in by_host:head(ctx.params.findings):rows() do
    if row.n >= ctx.params.min_generated then
      ctx:finding {
        severity = row.n >= 10 and row.failing * 2 >= row.n and "high" or "medium",
        title = ("%s asks for %s that look made by a program, such as %s; %s"):format(who(row.host),
          words.count(row.n, "domain"), row.example, row.failing == 0 and "none is told not to exist"
            or words.number(row.failing) .. " of them don't exist"),
        evidence = domains:filter(row.host and "host == $host" or "is_null(host)", { host = row.host or lunette.null }),
      }
    end
  end
end

local function find_tunnels(ctx, found)
  for row in found:head(ctx.params.findings):rows() do
    ctx:finding {
      severity = row.names >= 200 and "high" or "medium",
      title = ("%s asks for %s below %s, %.0f characters long on average: data may travel in them"):format(who(row.client),
        words.count(row.names, "different name"), row.domain, row.length),
      evidence = found:filter("domain == $domain", { domain = row.domain }),
    }
  end
end

local function find_bursts(ctx, found)
  for row in found:head(ctx.params.findings):rows() do
    ctx:finding {
      severity = "medium",
      title = ("%s asks for %s that don't exist within %d minutes from %s"):format(who(row.client), words.count(row.domains, "domain"),
        ctx.params.window, row.start:format "%Y-%m-%d %H:%M"),
      evidence = found:filter("start == $start", { start = row.start }),
    }
  end
end

local function find_services(ctx, found)
  for row in found:head(ctx.params.findings):rows() do
    local is_own = row.kind == "own address"
    if row.services >= 3 then
      ctx:finding {
        severity = "low",
        title = is_own and ("%s asks %s for its own public address, %s in all"):format(who(row.client),
            words.count(row.services, "service"), words.count(row.queries, "time"))
          or ("%s asks %s whether %s is listed, as senders of spam do"):format(who(row.client),
            words.count(row.services, "block list"), row.about),
        evidence = found:filter("kind == $kind", { kind = row.kind }),
      }
    end
  end
end

return {
  api = 1,
  kind = "analysis",
  name = "dns",
  title = "DNS",
  version = "1.0.0",
  summary = "Names that programs made up, look-ups that fail in bursts, data in names, telling look-ups",
  description = [[
Looks for malware in the names that a log's hosts ask for: of Zeek's dns.log or Suricata's EVE, or any log with a column
`host`.

`generated` has the domains whose name looks as if a program had made it (a domain generation algorithm), as a forest of the
learner tells: `score` is from 0 to 1; names of words put together aren't recognised. `bursts` has the periods of `window` minutes
in which a host asked for at least `min_failures` different domains that don't exist (logs with answers' codes only). `tunnels`
has the domains below which a host asks for many different long names. `unusual` lists the longest of the other names and those
with the highest entropy, `lookups` who asked for its own public address or for block lists. Names of the own network (`.local`
and the like) are left out.]],
  categories = { "log", "network" },
  author = "The Lunette authors",
  license = "MIT",
  input = { host = "string" },
  optional = { time = "time", src_ip = "ip" },
  params = {
    min_score = { type = "float", default = 0.9, min = 0.5, max = 1, doc = "Show domains as generated from this score on." },
    min_generated = { type = "int", default = 3, min = 1, doc = "A host with so many of them is a finding." },
    window = { type = "int", default = 10, min = 1, doc = "Length of the periods in which failures are counted, in minutes." },
    min_failures = { type = "int", default = 10, min = 2, doc = "So many different domains that don't exist in a period are a burst." },
    min_names = { type = "int", default = 30, min = 5, doc = "A tunnel has at least so many different names below its domain." },
    min_length = { type = "float", default = 20, min = 1, doc = "Their part below the domain is at least so long on average." },
    long_name = { type = "int", default = 80, min = 10, doc = "Names from this length on are unusual." },
    mixed_name = { type = "float", default = 4.3, min = 1, doc = "Names from this entropy on (bits per character) are unusual." },
    findings = { type = "int", default = 10, min = 0, doc = "Report at most this many findings of each kind." },
  },
  permissions = {},
  example = {
    input = "sample-dns",
    expect = {
      tables = { generated = true, tunnels = 1, bursts = 1 },
      findings = { "10.20.0.19 asks for %d+ domains that look made by a program", "220 different names below lantern%-relay.example" },
    },
  },

  run = function(ctx)
    local queries, has_codes, n_names = queries_of(ctx)
    local names = names_of(queries)
    local made, carried = generated(names, ctx.params.min_score), tunnels(names, ctx.params)
    local failing, asked = bursts(queries, ctx.params), asked_services(queries)
    ctx:metric { name = "domains", value = #names:distinct "domain", title = "Domains asked for" }
    ctx:metric { name = "generated", value = #made, title = "Look generated" }
    ctx:metric { name = "tunnels", value = #carried, title = "May carry data" }
    if not has_codes then ctx:text "The log doesn't say which names don't exist, so bursts of failures can't be seen." end
    ctx:table(made, { name = "generated", title = "Domains whose name looks made by a program",
      units = { length = "characters", entropy = "bits" } })
    ctx:table(failing, { name = "bursts", title = "Many domains that don't exist in a short time" })
    ctx:table(carried, { name = "tunnels", title = "Domains with many long names below them",
      units = { length = "characters", entropy = "bits" } })
    ctx:table(unusual(names:anti_join(carried, "domain"), ctx.params), { name = "unusual", title = "Long and mixed names",
      units = { length = "characters", entropy = "bits" } })
    ctx:table(asked, { name = "lookups", title = "Own address and block lists" })
    local lengths = names:distinct "name":select("length = len(name)"):collect()
    ctx:chart { name = "lengths", kind = "histogram", title = "Lengths of the names asked for", data = lengths, x = "length",
      note = "counts " .. words.part(#lengths, n_names, "different name", { { n_names - #lengths,
        "of one's own network, or that are no domain names" } }) }
    find_generated(ctx, made)
    find_tunnels(ctx, carried)
    find_bursts(ctx, failing)
    find_services(ctx, asked)
    return unfit(ctx, names)
  end,
}
