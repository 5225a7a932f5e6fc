-- families.lua OUT: a feed's IOCs in the order of first_seen, with what classifying them by family starts from, as CSV.
-- LUNETTE_FEED, LUNETTE_GEO_DB and LUNETTE_ASN_DB name the feed and the databases; without them it is the sample.
local lunette = require "lunette"

local home = arg[0]:match "^(.*)/scripts/benchmarks/" or "."
local sample = home .. "/build/scripts/sample/"
local feed, geo, asn = os.getenv "LUNETTE_FEED", os.getenv "LUNETTE_GEO_DB", os.getenv "LUNETTE_ASN_DB"
local real = feed and geo and asn
if not real then
  feed, geo, asn = sample .. "threatfox-sample.csv", sample .. "sample-city.mmdb", sample .. "sample-asn.mmdb"
end

local all = lunette.read(feed):filter "not_null(ip) and not_null(family) and not_null(first_seen)"
local frequent = all:group_by("family"):agg("n = count()"):filter("n >= $least", { least = real and 100 or 5 })
all:semi_join(frequent, "family"):sort "first_seen"
  :enrich("geoip", { database = geo }):enrich("asn", { database = asn })
  :derive("http = int(contains(string(port), '80') or contains(string(port), '443'))")
  :select("lat", "lon", "asn", "as_name", "country", "port", "http", "family")
  :write(arg[1])
