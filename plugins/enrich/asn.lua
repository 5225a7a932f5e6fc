-- Whose an address is, by an AS database or AS ranges.
local lunette = require "lunette"

local fields = {
  { name = "asn", type = "int", paths = { "autonomous_system_number", "asn", "traits.autonomous_system_number" } },
  { name = "as_name", type = "string",
    paths = { "autonomous_system_organization", "as_organization", "as_name", "traits.autonomous_system_organization" } },
}

return {
  api = 1,
  kind = "enrich",
  name = "asn",
  version = "1.0.0",
  summary = "Whose each address is: the autonomous system that announces it",
  description = [[
Looks every address of the column ip up in an AS database in MaxMind's .mmdb format and adds asn, the autonomous
system's number, and as_name, the name of the organisation that runs it. Addresses that no AS announces get nulls.

Instead of a database it takes AS ranges in CSV files: first and last address, AS number and name (ip-location-db's
asn-ipv4.csv and asn-ipv6.csv, several with commas between them; iptoasn.com's tables), or network, AS number and name
(GeoLite2's blocks). Of ranges that overlap the narrowest counts.]],
  categories = { "network" },
  author = "The Lunette authors",
  license = "MIT",
  references = { "https://maxmind.github.io/MaxMind-DB/" },
  input = { ip = "ip" },
  params = {
    database = {
      type = "string", default = "",
      doc = "The .mmdb file, or CSV files of AS ranges; empty: the one that --asn-db, LUNETTE_ASN_DB or the usual folders give.",
    },
  },
  columns = { asn = "int", as_name = "string" },
  apply = function(query, opts)
    return lunette.ip_database("asn", opts.database, query):add(query, "ip", fields)
  end,
}
