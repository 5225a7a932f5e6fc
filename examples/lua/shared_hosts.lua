-- A script for stock lua5.4: which addresses of a feed are listed for several families.
--
--     lua5.4 shared_hosts.lua threatfox.csv          (without a file: the sample)
local lunette = require "lunette"

local shared = lunette.read(arg[1] or "sample")
  :filter "not_null(ip)"
  :group_by "ip"
  :agg("families = count_distinct(family)", "names = list(family, ', ')", "last = max(first_seen)")
  :filter "families > 1"
  :sort("-families", "ip")
  :head(5)

for row in shared:rows() do print(row.ip, row.families, row.last) end
