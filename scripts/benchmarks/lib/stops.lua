-- Operators that are interrupted: stops.lua DATA.arrow list | once OPERATOR | forever OPERATOR. Says "go" when the operator
-- begins; what it needs is made before.
local lunette = require "lunette"
local learn = lunette.learn

local x = lunette.read(arg[1]):collect()
local names, operators = {}, {}

--- An operator: `run(made)` is what is interrupted, `make()` what it needs.
local function operator(name, run, make)
  names[#names + 1] = name
  operators[name] = { run = run, make = make }
end

for _, groups in ipairs { { "all" }, { "id4", "id4" }, { "id6", "id6" } } do
  local function aggregate(name, ...)
    local definitions = { ... }
    operator(name .. "-by-" .. groups[1], function()
      return x:group_by(table.unpack(groups, 2)):agg(table.unpack(definitions)):collect()
    end)
  end
  aggregate("median-and-quantile", "m = median(v3)", "q = quantile(v3, 0.9)")
  aggregate("list", "l = list(id3)")
  aggregate("entropy-mode-distinct", "e = entropy(v3)", "m = mode(id6)", "d = count_distinct(id3 .. v3)")
  aggregate("sum-mean-stddev", "s = sum(v1)", "m = mean(v3)", "d = stddev(v3)")
end
operator("group-by-six", function()
  return x:group_by("id1", "id2", "id3", "id4", "id5", "id6"):agg("s = sum(v3)", "n = count()"):collect()
end)
operator("distinct", function() return x:select("id6", "v3"):distinct():collect() end)
operator("sort", function() return x:sort("id6", "-v3"):collect() end)
operator("top", function() return x:sort("-v3"):head(100000):collect() end)

local function texts() return x:select("s = id3 .. '-' .. v3", "v1"):collect() end
operator("sort-texts", function(made) return made:sort("s"):collect() end, texts)
operator("explode", function(made) return made:explode("s", "-"):collect() end, texts)
operator("join-texts", function(made) return made:join(made:head(#made // 2):rename { v1 = "v" }, "s"):collect() end, texts)
operator("window", function()
  return x:window({ by = "id6", order = "v3", "g = v1 - lag(v1)", "r = rolling_mean(v3, 50)" }):collect()
end)
operator("pivot", function() return x:pivot({ keys = "id4", columns = "id5", value = "sum(v1)" }):collect() end)
operator("unpivot", function() return x:unpivot({ columns = { "id4", "id5", "id6", "v1", "v2" } }):collect() end)
operator("join-with-rename", function(made)
  return x:join(made, { "id6 = w", "v3 = o" }, { kind = "outer" }):collect()
end, function() return x:select("w = id6", "o = v3 + 1", "z = id1"):collect() end)
operator("asof-join", function(made) return x:asof_join(made, "v3", { by = "id4" }):collect() end,
  function() return x:select("v3 = v3 + 0.5", "id4", "m = v1"):collect() end)
operator("range-join", function(made) return x:range_join(made, "id6 between low and high", { kind = "left" }):collect() end,
  function() return x:head(100000):select("low = id6", "high = id6 + v1", "m = v1"):collect() end)
operator("cidr-join", function(made) return made[1]:cidr_join(made[2], "p = net"):collect() end, function()
  local hosts = x:select("p = ip('10.' .. id4 .. '.' .. id5 .. '.' .. v2)", "v1"):collect()
  return { hosts, hosts:head(100000):distinct("p"):select("net = string(p) .. '/31'", "m = v1"):collect() }
end)
operator("map", function() return x:map("z", "float", function(row) return row.v3 * 2 end):collect() end)
operator("match", function() return x:filter("matches(id3 .. '-' .. v3, '(a|i|d)+.*[0-9]+7$')"):collect() end)
operator("derive-texts", function() return x:derive("s = upper(id3) .. v3 .. id6"):collect() end)
operator("sort-spilled", function() return x:sort("id3", "-v3"):collect() end)
operator("group-by-six-spilled", function()
  return x:group_by("id1", "id2", "id3", "id4", "id5", "id6"):agg("s = sum(v3)", "m = max(v1)"):collect()
end)
operator("read-json", function() return lunette.read(os.getenv "TMPDIR" .. "/in.ndjson"):collect() end,
  function() x:head(#x // 5):write(os.getenv "TMPDIR" .. "/in.ndjson") end)
operator("read-csv", function() return lunette.read((arg[1]:gsub("arrow$", "csv"))):collect() end)
for _, kind in ipairs { "csv", "json", "arrow" } do
  operator("write-" .. kind, function() return x:write(os.getenv "TMPDIR" .. "/out." .. kind) end)
end

local features = { target = "id4", features = { "id1", "id6", "v1", "v2", "v3" } }
local function some() return x:head(#x // 5):collect() end
operator("learn-tree", function(made) return learn.tree():fit(made, features) end, some)
operator("learn-forest", function(made) return learn.forest { n_trees = 20 }:fit(made, features) end, some)
operator("learn-boosting", function(made) return learn.boosting { n_trees = 5 }:fit(made, features) end, some)
operator("predict", function(made) return made:predict(x) end, function()
  return learn.forest { n_trees = 20, max_depth = 8 }:fit(x:head(20000):collect(), features)
end)

local mode, chosen = arg[2], operators[arg[3]]
if mode == "list" then
  print(table.concat(names, "\n"))
  return
end
local made = chosen.make and chosen.make()
collectgarbage()
collectgarbage()
io.write "go\n"
io.flush()
local start = lunette.now()
repeat chosen.run(made) until mode == "once"
print(("%.3f"):format((lunette.now() - start) * 1000))
