-- The verbs that aren't grouping or joining. Every answer is a table in memory.
local bench = require "bench"
local lunette = require "lunette"

local x = bench.timed("load", function() return lunette.read(arg[1]):collect() end)

bench.ask("filter-count", { "n" }, function()
  return x:filter("v3 > 50 and id4 <= 50 and v2 ~= 7"):group_by():agg("n = count()")
end)
bench.ask("sort-narrow", { "v3" }, function() return x:select("id4", "v3"):sort("id4", "v3") end, { "id4", "v3" })
bench.ask("sort-wide", { "v1" }, function() return x:sort("id6", "-v3") end, { "id6", "v3" })
bench.ask("top-100", { "v3" }, function() return x:sort("-v3"):head(100) end, { "v3" })
bench.ask("distinct", { "id4", "id5" }, function() return x:select("id4", "id5"):distinct() end)
bench.ask("running-sum", { "s" }, function() return x:window({ "s = cumsum(v1)" }):select("s") end, { "s" })
bench.ask("running-sum-by-group", { "s" }, function()
  return x:window({ by = "id4", "s = cumsum(v1)" }):select("s")
end, { "s" })
