-- Where an address is, by a city or country database. Both schemas: MaxMind's nested one and the flat one of
-- ip-location-db.
local lunette = require "lunette"

local fields = {
  { name = "country", type = "string", paths = { "country.iso_code", "country_code", "registered_country.iso_code", "country" } },
  { name = "country_name", type = "string", paths = { "country.names.en", "country_name", "registered_country.names.en" } },
  { name = "city", type = "string", paths = { "city.names.en", "city" } },
  { name = "lat", type = "float", paths = { "location.latitude", "latitude", "lat" } },
  { name = "lon", type = "float", paths = { "location.longitude", "longitude", "lon", "lng" } },
}

return {
  api = 1,
  kind = "enrich",
  name = "geoip",
  version = "1.0.0",
  summary = "Where each address is: country, city, latitude and longitude",
  description = [[
Looks every address of the column ip up in a city database in MaxMind's .mmdb format and adds country (ISO 3166 code),
country_name, city, lat and lon. Addresses that the database doesn't know get nulls.

Positions are those of cities and networks, not of machines: they say where a network is used, not where an attacker
sits.]],
  categories = { "geo", "network" },
  author = "The Lunette authors",
  license = "MIT",
  references = { "https://maxmind.github.io/MaxMind-DB/" },
  input = { ip = "ip" },
  params = {
    database = {
      type = "string", default = "",
      doc = "The .mmdb file; empty: the one that --geo-db, LUNETTE_GEO_DB or the usual folders give.",
    },
  },
  columns = { country = "string", country_name = "string", city = "string", lat = "float", lon = "float" },
  apply = function(query, opts)
    return lunette.ip_database("geo", opts.database, query):add(query, "ip", fields)
  end,
}
