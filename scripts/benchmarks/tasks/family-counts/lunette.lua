-- Rows per family among the C2 records.
local lunette = require "lunette"

local counts = lunette.read(arg[1]):filter("threat_type == 'botnet_cc'"):group_by("family"):agg("n = count()")
for row in counts:rows() do print(row.family .. "\t" .. row.n) end
