-- A model as JSON is all that a prediction needs: another program that reads it, which here is a page of Lua, comes to the
-- same probabilities.
local lunette = require "lunette"
local learn = lunette.learn

-- JSON text as Lua values; null becomes lunette.null, so that lists keep it.
local function parse(text)
  local at, value = 1, nil
  local function skip() at = text:find("%S", at) or #text + 1 end
  local function list(close, one)
    at = at + 1
    skip()
    while text:sub(at, at) ~= close do
      one()
      skip()
      if text:sub(at, at) == "," then at = at + 1 end
      skip()
    end
    at = at + 1
  end
  local function word(pattern)
    local found = text:match("^" .. pattern, at)
    at = at + #found
    return found
  end
  local literal = { ["true"] = true, ["false"] = false, null = lunette.null }
  function value()
    skip()
    local out, first = {}, text:sub(at, at)
    if first == "{" then
      list("}", function()
        local key = word '%b""':sub(2, -2)
        at = text:find(":", at, true) + 1
        out[key] = value()
      end)
    elseif first == "[" then list("]", function() out[#out + 1] = value() end)
    elseif first == '"' then return word '%b""':sub(2, -2)
    elseif first:find "%a" then return literal[word "%a+"]
    else return tonumber(word "[%d.eE+-]+")
    end
    return out
  end
  return value()
end

local function has(list, wanted)
  for _, one in ipairs(list) do
    if rawequal(one, wanted) or one == wanted then return true end
  end
  return false
end

local function goes_left(node, feature, value)
  if node.at_most then
    if type(value) == "boolean" then value = value and 1 or 0 end
    if rawequal(value, lunette.null) or value ~= value then return node.missing == "left" end
    return value <= (tonumber(node.at_most) or (node.at_most == "inf" and math.huge or -math.huge))
  end
  if not has(feature.levels, value) then value = lunette.null end
  return has(node.left_has or node.right_has, value) == (node.left_has ~= nil)
end

-- What the model says of a row: the probability of each class, or a number.
local function ask(model, row)
  local sums = {}
  for c, share in ipairs(model.start or model.shares) do sums[c] = model.start and share or 0 end
  for _, tree in ipairs(model.trees) do
    local node = tree[1]
    while node.feature do
      local feature = model.features[node.feature + 1]
      node = tree[1 + (goes_left(node, feature, row[feature.name]) and node.left or node.right)]
    end
    local more = model.smoothing or 0
    local weight = model.start and 1 or node.weight / (node.weight + more)
    for class, share in pairs(node.values) do sums[class + 1] = sums[class + 1] + share * weight end
    for c, share in ipairs(model.shares or {}) do sums[c] = sums[c] + share * (1 - weight) end
  end
  if model.regression then return sums end
  local total = 0
  for c, sum in ipairs(sums) do
    sums[c] = model.start and math.exp(sum) or sum
    total = total + sums[c]
  end
  for c, sum in ipairs(sums) do sums[c] = sum / total end
  return sums
end

-- Rows with all that is odd: nulls, NaN, infinities, levels that training doesn't have where `levels` is greater.
local function rows_of(n, levels)
  local state = n
  local function random(k)
    state = (state * 1103515245 + 12345) & 0x7fffffff
    return (state >> 8) % k
  end
  local size, place, port, open, kind, two, much = {}, {}, {}, {}, {}, {}, {}
  for i = 1, n do
    local class = random(4)
    size[i] = ({ [0] = 0 / 0, 1 / 0, -1 / 0 })[random(25)] or class + random(100) / 30
    place[i] = random(8) == 0 and lunette.null or "at \"" .. (random(levels) + class) % levels
    port[i] = random(9) == 0 and lunette.null or random(3) == 0 and 8000 + class or 443 + random(levels)
    open[i] = random(9) == 0 and lunette.null or random(3) > class % 2
    kind[i], two[i], much[i] = "k" .. class, class > 1, class * 2.5 + random(9)
  end
  local function column(name, type_name, values) return { name = name, type = type_name, values = values } end
  return lunette.table { column("size", "float", size), column("place", "string", place), column("port", "int", port),
    column("open", "bool", open), column("kind", "string", kind), column("two", "bool", two), column("much", "float", much) }
end

describe("a model as JSON", function()
  local train, test = rows_of(500, 9), rows_of(120, 14)
  local kind = { target = "kind", features = { "size", "place", "port", "open" }, categories = { "port" } }
  local cases = {
    { "a tree", learn.tree(), kind },
    { "a smooth tree", learn.tree { smoothing = 3, min_leaf = 4 }, kind },
    { "a forest", learn.forest { n_trees = 7, min_leaf = 2, min_level = 4 }, kind },
    { "extra trees", learn.extra_trees { n_trees = 7, smoothing = 0.5, balanced = true }, kind },
    { "boosting", learn.boosting { n_trees = 6, max_leaves = 7, row_share = 0.8 }, kind },
    { "boosting of two classes", learn.boosting { n_trees = 6 }, { target = "two", features = { "size", "place", "open" } } },
    { "a regression", learn.boosting { n_trees = 6 }, { target = "much", features = kind.features, regression = true } },
  }
  for _, case in ipairs(cases) do
    it("says the same of every row: " .. case[1], function()
      local fitted = case[2]:fit(train, case[3])
      local model = parse((fitted:json():gsub('\\"', "'")))
      local asked = test:derive [[place = replace(place, '"', "'")]]:collect()
      local said = case[3].regression and fitted:predict(test):select "predicted" or fitted:predict_proba(test)
      local columns, features = {}, {}
      for c, field in ipairs(said:schema()) do columns[c] = said:column(field.name):values() end
      for _, feature in ipairs(model.features) do features[feature.name] = asked:column(feature.name):values() end
      for i = 1, #test do
        local row = {}
        for name, values in pairs(features) do row[name] = values[i] == nil and lunette.null or values[i] end
        local sums = ask(model, row)
        assert.equal(#columns, #sums)
        for c, sum in ipairs(sums) do assert.near(columns[c][i], sum, 1e-5) end
      end
    end)
  end
end)
