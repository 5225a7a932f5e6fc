-- Whose an address is, by an AS database.
local lunette = require "lunette"

local fields = {
  { name = "asn", type = "int", paths = { "autonomous_system_number", "asn" } },
  { name = "as_name", type = "string", paths = { "autonomous_system_organization", "as_organization", "as_name" } },
}

return {
  api = 1,
  kind = "enrich",
  name = "asn",
  version = "1.0.0",
  summary = "Whose each address is: the autonomous system that announces it",
  description = [[
Looks every address of the column ip up in an AS database in MaxMind's .mmdb format and adds asn, the autonomous
system's number, and as_name, the name of the organisation that runs it. Addresses that no AS announces get nulls.]],
  categories = { "network" },
  author = "The Lunette authors",
  license = "MIT",
  references = { "https://maxmind.github.io/MaxMind-DB/" },
  input = { ip = "ip" },
  params = {
    database = {
      type = "string", default = "",
      doc = "The .mmdb file; empty: the one that --asn-db, LUNETTE_ASN_DB or the usual folders give.",
    },
  },
  columns = { asn = "int", as_name = "string" },
  apply = function(query, opts)
    return lunette.ip_database("asn", opts.database, query):add(query, "ip", fields)
  end,
}
