-- The four bundled analyses with their defaults; writes the main table of each.
local lunette = require "lunette"

local iocs = lunette.read(arg[1]):collect()

-- What is below a cut is one line, "other (29 families)".
local FAMILY = "family = if_else(family:starts_with 'other (', 'other', family)"
local columns = {
  families = { FAMILY, "count" },
  timeline = { "day", FAMILY, "count" },
  ports = { "port", "family", "count" },
  overlap = { "ip", "families", "names", "iocs" },
}

for _, name in ipairs { "families", "timeline", "ports", "overlap" } do
  lunette.run(name, iocs):table(name):select(table.unpack(columns[name])):write("-", { format = "tsv" })
end
