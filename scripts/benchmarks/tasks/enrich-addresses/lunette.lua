-- City, country and AS of a million addresses. The other program of this folder makes the same addresses.
local lunette = require "lunette"

local home = arg[0]:match "^(.*)/scripts/benchmarks/" or "."
local geo, asn = os.getenv "LUNETTE_GEO_DB", os.getenv "LUNETTE_ASN_DB"
local real = geo ~= nil and asn ~= nil
if not real then
  geo, asn = home .. "/build/scripts/sample/sample-city.mmdb", home .. "/build/scripts/sample/sample-asn.mmdb"
end

local texts, state = {}, 12345
for i = 1, 1000000 do
  state = (state * 1103515245 + 12345) & 0x7fffffff
  local high = state >> 8
  state = (state * 1103515245 + 12345) & 0x7fffffff
  local low = state >> 8 & 0xffff
  local first, second = 1 + high % 223, high >> 8 & 0xff
  if not real then first, second = 198, 18 + high % 2 end
  texts[i] = ("%d.%d.%d.%d"):format(first, second, low >> 8, low & 0xff)
end
local addresses = lunette.table { { name = "ip", type = "ip", values = texts } }

lunette.ip_database("geo", geo) -- opened outside of the clock, as the peer's are
lunette.ip_database("asn", asn)
local seconds = require("lunette.core").seconds
local started = seconds()
local found = addresses:enrich("geoip", { database = geo }):enrich("asn", { database = asn }):collect()
io.stderr:write(("time lookup %.1f\n"):format((seconds() - started) * 1000))

print("with a city", found:agg("n = count(city)"):first().n)
print("with an AS", found:agg("n = count(asn)"):first().n)
for row in found:group_by("country"):agg("n = count()", "numbers = sum(asn)"):rows() do
  print(row.country or "none", row.n, row.numbers)
end
