-- The five questions about joins. Every answer is a table in memory; its rows and sums are printed.
local bench = require "bench"
local lunette = require "lunette"

local function load(name) return lunette.read(arg[1] .. "/" .. name .. ".csv"):collect() end

local x, small, medium, big
bench.timed("load", function() x, small, medium, big = load "x", load "small", load "medium", load "big" end)

local opts = { suffix = "_right" }
bench.ask("j1", { "v1", "v2" }, function() return x:join(small, "id1", opts) end)
bench.ask("j2", { "v1", "v2" }, function() return x:join(medium, "id2", opts) end)
bench.ask("j3", { "v1", "v2" }, function() return x:join(medium, "id2", { suffix = "_right", kind = "left" }) end)
bench.ask("j4", { "v1", "v2" }, function() return x:join(medium, "id5", opts) end)
bench.ask("j5", { "v1", "v2" }, function() return x:join(big, "id3", opts) end)
