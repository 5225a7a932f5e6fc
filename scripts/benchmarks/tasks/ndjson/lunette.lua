-- JSON lines into a table.
local bench = require "bench"
local lunette = require "lunette"

local x
for _ = 1, bench.rounds do
  x = nil -- luacheck: ignore 311
  collectgarbage()
  x = bench.timed("load", function() return lunette.json(arg[1]):collect() end)
end
local row = x:group_by():agg("n = count()", "ids = sum(id)", "confidence = sum(confidence)", "texts = sum(len(ioc))"):first()
print(row.n, row.ids, row.confidence, row.texts)
