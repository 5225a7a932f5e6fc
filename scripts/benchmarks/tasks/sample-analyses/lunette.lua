-- The four bundled analyses with their defaults; prints the main table of each.
local lunette = require "lunette"

local iocs = lunette.read(arg[1]):collect()

-- What is below a cut is one line, "other (29 families)".
local function label(family) return family:match "^other" or family end

local function show(name, line)
  for row in lunette.run(name, iocs):table(name):rows() do print(name .. "\t" .. line(row)) end
end

show("families", function(row) return label(row.family) .. "\t" .. row.count end)
show("timeline", function(row)
  return row.day:format "%Y-%m-%d" .. "\t" .. label(row.family) .. "\t" .. row.count
end)
show("ports", function(row) return row.port .. "\t" .. row.family .. "\t" .. row.count end)
show("overlap", function(row) return ("%s\t%d\t%s\t%d"):format(tostring(row.ip), row.families, row.names, row.iocs) end)
