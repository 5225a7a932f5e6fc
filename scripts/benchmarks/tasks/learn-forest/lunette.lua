-- Fits and predicts; the rows come from the same arithmetic as in sklearn.py.
local lunette = require "lunette"
local learn = lunette.learn

local function hash(k)
  return ("((i + %d) * 1103515245 + 12345) %% 2147483648 * 69069 %% 2147483648 // 256"):format(k * 7919)
end

local function rows(n)
  local index = {}
  for i = 1, n do index[i] = i - 1 end
  return lunette.table { { name = "i", values = index } }:derive(
    "c = int(floor(sqrt(float(" .. hash(1) .. " % 900))))",
    "net = (c * 61 + " .. hash(2) .. " % 80) % 2000", "country = (c * 5 + " .. hash(3) .. " % 40) % 120",
    "port = c * 37 % 11 * 100 + " .. hash(4) .. " % 300", "lat = c * 3 - 60 + " .. hash(5) .. " % 4000 / 100",
    "lon = c % 7 * 20 + " .. hash(6) .. " % 80", "size = " .. hash(7) .. " % 1000",
    "y = if_else(" .. hash(8) .. " % 10 == 0, " .. hash(9) .. " % 30, c)")
    :drop("i", "c"):collect()
end

local wants = { target = "y", features = { "net", "country", "port", "lat", "lon", "size" },
  categories = { "net", "country" } }

local function timed(name, fn)
  local start = lunette.now()
  local result = fn()
  io.stderr:write(("time %s %.2f\n"):format(name, (lunette.now() - start) * 1000))
  return result
end

for _, n in ipairs { 100000, 1000000 } do
  local data = rows(n)
  local train, test = data:head(n * 4 // 5):collect(), data:slice(n * 4 // 5 + 1):collect()
  for _, kind in ipairs { "tree", "forest" } do
    local name = ("%s-%d"):format(kind, n)
    local model = timed(name .. "-fit", function()
      return learn[kind]({ min_leaf = 5, n_trees = kind == "forest" and 100 or nil }):fit(train, wants)
    end)
    local predicted = timed(name .. "-predict", function() return model:predict(test) end)
    local f1 = learn.score(predicted, { truth = "y" }).macro_f1
    io.stderr:write(("%s macro-F1 %.4f\n"):format(name, f1))
    print(name, #test, f1 >= 0.80 and "good" or "bad")
  end
end
