-- The ten questions about groups. Every answer is a table in memory; its rows and sums are printed.
local bench = require "bench"
local lunette = require "lunette"

local x = bench.timed("load", function() return lunette.read(arg[1]):collect() end)

local function groups(...)
  local by = { ... }
  return function(...) return x:group_by(table.unpack(by)):agg(...) end
end

local questions = {
  { "q1", { "v1" }, function() return groups("id1")("v1 = sum(v1)") end },
  { "q2", { "v1" }, function() return groups("id1", "id2")("v1 = sum(v1)") end },
  { "q3", { "v1", "v3" }, function() return groups("id3")("v1 = sum(v1)", "v3 = mean(v3)") end },
  { "q4", { "v1", "v2", "v3" }, function() return groups("id4")("v1 = mean(v1)", "v2 = mean(v2)", "v3 = mean(v3)") end },
  { "q5", { "v1", "v2", "v3" }, function() return groups("id6")("v1 = sum(v1)", "v2 = sum(v2)", "v3 = sum(v3)") end },
  { "q6", { "m", "s" }, function() return groups("id4", "id5")("m = median(v3)", "s = stddev(v3)") end },
  { "q7", { "r" }, function() return groups("id3")("r = max(v1) - min(v2)") end },
  { "q8", { "v3" }, function()
    return x:window { by = "id6", order = "-v3", "nth = row_number()" }:filter "nth <= 2":select("id6", "v3")
  end },
  { "q9", { "r2" }, function() return groups("id2", "id4")("r2 = corr(v1, v2) ^ 2") end },
  { "q10", { "v3", "n" }, function()
    return groups("id1", "id2", "id3", "id4", "id5", "id6")("v3 = sum(v3)", "n = count()")
  end },
}

for _, question in ipairs(questions) do bench.ask(table.unpack(question)) end
