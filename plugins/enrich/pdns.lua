-- Names that were seen on an address, by passive DNS records from a file.
local lunette = require "lunette"
local enrichment = require "lunette.kit.enrichment"
local services = require "lunette.kit.services"

-- The first value of the columns that the records have, as a time; numbers are seconds since 1970, also where they stand as
-- text because another record holds one.
local function time_of(records, names)
  local values = {}
  for _, name in ipairs(names) do
    if records:has(name, "string") then
      values[#values + 1] = ("coalesce(try_time(try_int(%s)), try_time(%s))"):format(name, name)
    elseif records:has(name) and not records:has(name, "bool") then
      values[#values + 1] = ("try_time(%s)"):format(name)
    end
  end
  values[#values + 1] = "time(null)"
  return values[2] and ("coalesce(%s)"):format(table.concat(values, ", ")) or values[1]
end

-- COF records of addresses: address, name, count, first, last.
local function addresses_of(records)
  for _, name in ipairs { "rrname", "rrtype", "rdata" } do
    if not records:has(name) then
      error(("the records have no column '%s': pdns reads the Passive DNS Common Output Format"):format(name), 0)
    end
  end
  return records:filter "upper(string(rrtype)) in ('A', 'AAAA')"
    :select("address = string(rdata)", "name = lower(trim(string(rrname), '.'))",
      "n = " .. (records:has "count" and "coalesce(try_float(string(count)), 1.0)" or "1.0"), -- no sum of these overflows
      "first = " .. time_of(records, { "time_first", "zone_time_first" }),
      "last = " .. time_of(records, { "time_last", "zone_time_last" }))
    :explode("address", ",")
    :derive "address = try_ip(trim(address))":filter "not_null(address) and coalesce(name, '') ~= ''"
end

-- Services of a user's file: "domain" or "domain kind of service" a line.
local function read_services(paths)
  local lists = { services.table() }
  for i, path in ipairs(paths or {}) do
    lists[i + 1] = lunette.csv(path, { header = false, names = { "line" }, delimiter = "\t", comment = "#", all_strings = true })
      :derive "line = trim(line)":filter "line ~= ''"
      :select("domain = lower(trim(split_part(line, ' ', 1), '.'))",
        "service = coalesce(extract(line, '^[^ ]+ +(.*)$'), 'listed')")
  end
  return lunette.concat(lists):distinct "domain":derive "service = service .. ': ' .. domain"
end

return {
  api = 1,
  kind = "enrich",
  name = "pdns",
  version = "1.0.0",
  summary = "Names seen on each address, with times, and whether they belong to dynamic DNS or a tunnel",
  description = [[
Looks every address up in passive DNS records in the Common Output Format (JSON lines with rrname, rrtype, rdata,
time_first, time_last, count) and adds pdns_names (the names seen most, at most `names` of them), pdns_count (how many
there are), pdns_first and pdns_last.

Instead of a file `records` may be the URL of a server that gives this format, as https://cof.example/pdns/query: it is
asked for every different public address, if `--allow net=HOST` is given. The secret pdns = USER:PASSWORD is sent if there is one
(`--allow secrets=pdns`). Answers are kept for a week.

pdns_service says when one of the names, or the row's own host, lies below a dynamic-DNS or tunnel service such as
ngrok.io: such an address is the service's, or changes by the hour. The list is bundled; `services` adds to it.]],
  categories = { "network", "dns" },
  author = "The Lunette authors",
  license = "MIT",
  references = { "https://datatracker.ietf.org/doc/draft-dulaunoy-dnsop-passive-dns-cof/" },
  input = { ip = "ip" },
  optional = { host = "string" },
  permissions = { secrets = { "pdns" } },
  http = {
    into = "records", key = "ip", headers = { Authorization = "Basic {basic:pdns?}", Accept = "application/json" },
    rate = { requests = 60, seconds = 60 }, keep_days = 7,
    expects = { rrname = "string", rrtype = "string", rdata = "string", time_first = "int", time_last = "int", count = "int" },
  },
  params = {
    records = {
      type = "input", required = true,
      doc = "Passive DNS records in the Common Output Format, JSON lines: files, or a server's URL.",
    },
    services = { type = "file", doc = "Further services: a domain a line, perhaps followed by what kind of service it is." },
    names = { type = "int", default = 5, min = 1, doc = "Give at most this many names." },
  },
  columns = { pdns_names = "string", pdns_count = "int", pdns_first = "time", pdns_last = "time", pdns_service = "string" },
  apply = function(query, opts)
    local keys, records = enrichment.keys(query), {}
    for i, each in ipairs(opts.records) do records[i] = addresses_of(each) end
    local names = lunette.concat(records):semi_join(keys.rows, "address = ip"):group_by("address", "name")
      :agg("n = sum(n)", "first = min(first)", "last = max(last)")
      :window { by = "address", order = { "-n", "name" }, "nth = row_number()" }:sort("address", "nth"):collect()
    local seen = names:group_by "address":agg("pdns_names = list(name, ', ') where nth <= " .. opts.names,
      "pdns_count = count()", "pdns_first = min(first)", "pdns_last = max(last)")
    local hosts = keys.rows:join(names:select("address", "name"), "ip = address"):derive "host = name":drop "name"
      :concat(keys.rows:filter "not_null(host)")
    local offered = enrichment.below(hosts, read_services(opts.services)):distinct("service", table.unpack(keys.names))
      :group_by(table.unpack(keys.names)):agg "pdns_service = list(service, ', ')"
    local found = keys.rows:join(seen, "ip = address", { kind = "left" }):join(offered, keys.names, { kind = "left" })
      :filter "not_null(pdns_names) or not_null(pdns_service)":collect()
    return enrichment.attach(query, keys, found, { "pdns_names", "pdns_count", "pdns_first", "pdns_last", "pdns_service" })
  end,
}
