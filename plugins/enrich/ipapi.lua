-- Where and whose an address is, by ip-api.com. All of it is declared: the asking is Lunette's.
return {
  api = 1,
  kind = "enrich",
  name = "ipapi",
  version = "1.0.0",
  summary = "Where and whose each address is, as the service ip-api.com says",
  description = [[
Sends every different public address of the column ip to ip-api.com, a hundred at a time and at most 15 times a minute, as
its free service allows (which speaks plain http, and is for non-commercial use), and adds what it says: country, city and
position, provider, AS, and whether the address is a proxy's or a data centre's.

Nothing is sent unless `--allow net=ip-api.com` is given; it says before how many addresses would be sent. Answers are kept for
30 days in `~/.cache/lunette/answers`, so an interrupted run goes on where it was; what was sent when stands in
`~/.local/share/lunette/sent.ndjson`. Private and reserved addresses are never sent.]],
  categories = { "network", "geo" },
  author = "The Lunette authors",
  license = "MIT",
  references = { "https://ip-api.com/docs/api:batch" },
  input = { ip = "ip" },
  columns = {
    country = "string", country_name = "string", city = "string", lat = "float", lon = "float", isp = "string",
    org = "string", asn = "int", as_name = "string", proxy = "bool", hosting = "bool",
  },
  permissions = { net = { "ip-api.com" } },
  http = {
    key = "ip",
    url = "http://ip-api.com/batch?fields=status,message,query,country,countryCode,city,lat,lon,isp,org,as,asname,proxy,hosting",
    method = "POST",
    body = "{values}",
    batch = 100,
    rate = { requests = 15, seconds = 60, left = "X-Rl", reset = "X-Ttl" },
    match = "query",
    found = { status = "success" },
    fields = {
      country = "countryCode", country_name = "country", city = "city", lat = "lat", lon = "lon", isp = "isp", org = "org",
      asn = "extract(`as`, '^AS([0-9]+)')", as_name = "coalesce(`asname`, extract(`as`, '^AS[0-9]+ (.+)$'))",
      proxy = "proxy", hosting = "hosting",
    },
    keep_days = 30,
  },
}
