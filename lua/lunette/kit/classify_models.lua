-- The models of the classification: forests, evidence of the past, or a mix of both, fitted and asked as one.
local lunette = require "lunette"
local classify = require "lunette.kit.classify"
local learn = lunette.learn

local models = {}

local function forest_features(forest, base, data)
  local list = table.move(base, 1, #base, 1, {})
  for _, field in ipairs(forest.history and data:schema() or {}) do
    if field.name:match "^past_" then list[#list + 1] = field.name end
  end
  return list
end

-- How many features a split draws when there is history: most of them say little by themselves.
local HISTORY_DRAWN = 8

-- Fits a forest to rows (with their history) from before `cut`.
local function fit_forest(forest, rows, cut, options, n_trees)
  local categories = {}
  for _, name in ipairs(options.base) do
    for _, known in ipairs(classify.CATEGORIES) do
      if name == known then categories[#categories + 1] = name end
    end
  end
  local recency = (options.recency or 0) > 0 and options.recency or forest.recency
  if recency then
    rows = rows:derive("`(weight)` = 2.0 ^ (-(($cut - first_seen) / 86400.0) / $days)",
      { cut = cut, days = recency })
  end
  local balanced = options.balanced or forest.balanced or false
  return learn.forest({ n_trees = n_trees, min_leaf = 3, max_features = forest.history and HISTORY_DRAWN or nil,
    seed = options.seed, balanced = balanced })
    :fit(rows:collect(), {
      target = "family", features = forest_features(forest, options.base, rows), categories = categories,
      weights = recency and "(weight)" or nil,
    })
end

-- The name of what a forest is, for those that several candidates share.
local function forest_key(forest)
  return ("%s %s %s"):format(forest.history, forest.recency, forest.balanced)
end

local function fit_evidence(rows, options)
  local fading = options.half_life > 0
  return learn.evidence(rows, { target = "family", time = "first_seen" }, {
    keys = classify.EVIDENCE, rows = options.evidence_rows, seed = options.seed, rounds = options.rounds,
    recent = fading and options.half_life / 4 or nil, long = fading and 2 * options.half_life or nil,
  })
end

--- Fits a candidate to rows from before `cut`, which have their history. `fitted` keeps what other candidates may
--- share, or nil. Several forests share the trees.
---@param candidate table
---@param rows lunette.Query
---@param cut lunette.Time
---@param options table base (features), n_trees, seed, balanced, recency, evidence_rows, half_life, small
---@param fitted? table
---@return table
function models.fit(candidate, rows, cut, options, fitted)
  fitted = fitted or {}
  local model = { candidate = candidate, fitted = fitted, forests = {}, small = options.small }
  local n_trees = math.max(1, options.n_trees // math.max(1, #candidate.forests))
  for i, forest in ipairs(candidate.forests) do
    local key = forest_key(forest)
    fitted[key] = fitted[key] or fit_forest(forest, rows, cut, options, n_trees)
    model.forests[i] = fitted[key]
  end
  if candidate.evidence then
    fitted.evidence = fitted.evidence or fit_evidence(rows, options)
    model.evidence = fitted.evidence
  end
  return model
end

--- The probabilities of the families for the rows of `data` from `when.from` on. `data` has all rows in the order of
--- time with their history; `when` says what is known of them ({ cut = } or { step = }). `answers` keeps what other
--- candidates may share, or nil.
---@param model table
---@param data lunette.Query
---@param when { from: lunette.Time, cut?: lunette.Time, step?: number }
---@param answers? table
---@return lunette.Query
function models.proba(model, data, when, answers)
  answers = answers or {}
  local parts, weight = {}, model.candidate.evidence or 0
  for _, forest in ipairs(model.forests) do
    answers[forest] = answers[forest]
      or forest:predict_proba(data:filter("first_seen >= $from", { from = when.from }):collect())
    parts[#parts + 1] = { answers[forest], (1 - weight) / #model.forests }
  end
  if model.evidence then
    answers[model.evidence] = answers[model.evidence] or model.evidence:predict_proba(data, when)
    parts[#parts + 1] = { answers[model.evidence], weight }
  end
  return #parts == 1 and parts[1][1] or learn.mix(parts)
end

--- How much evidence speaks for one of the families that are too small to be told from each other, rather than for one
--- that the model knows: a query with the float column `other`, a row for each of `data` from `when.from` on. What
--- evidence is worth was learned without those families; only what it says of the past has them, as one. Nil without
--- evidence, or when nothing is known of small families.
---@param model table
---@param data lunette.Query
---@param when { from: lunette.Time, cut?: lunette.Time, step?: number }
---@return lunette.Query?
function models.others(model, data, when)
  if not model.evidence or not model.small then return nil end
  local columns = { "first_seen", "ip", "port", "http", "country", "asn", "cell" }
  local seen = lunette.concat {
    data:select("family", "asked = true", table.unpack(columns)),
    model.small:select(("family = '%s'"):format(classify.OTHER), "asked = false", table.unpack(columns)),
  }:collect()
  local shares = model.evidence:predict_proba(seen, { from = when.from, cut = when.cut, step = when.step, asked = "asked" })
  return shares:has(classify.OTHER) and shares:select("other = `" .. classify.OTHER .. "`"):collect() or nil
end

-- The column of the importance that a derived one counts for.
local SHOWN_AS = { lat = "lat, lon", lon = "lat, lon", cell = "lat, lon", as_name = "asn",
  http = "port" }

--- How much each of the columns is worth to the models: their features' gains, a key's shared among its columns.
---@param model table
---@return table<string, number>
function models.gains(model)
  local gains, lists = {}, {}
  local columns = {}
  for _, list in ipairs { classify.KEYS, classify.EVIDENCE } do
    for _, key in ipairs(list) do columns[key.name] = key.columns end
  end
  local function add(feature, gain)
    local key = columns[feature:match "^(.*)_%a+$"] or columns[(feature:match "^(.*)_recent_%a+$")] or { feature }
    for _, column in ipairs(key) do
      local name = column:match "^[^/]+"
      name = SHOWN_AS[name] or name
      gains[name] = (gains[name] or 0) + gain / #key
    end
  end
  for _, forest in ipairs(model.forests) do lists[#lists + 1] = { forest:info().gain, 1 / #model.forests } end
  if model.evidence then lists[#lists + 1] = { model.evidence:gain(), 1 } end
  local parts = (#model.forests > 0 and 1 or 0) + (model.evidence and 1 or 0)
  for _, list in ipairs(lists) do
    local names = {}
    for name in pairs(list[1]) do names[#names + 1] = name end
    table.sort(names) -- so that the sums are the same each time
    for _, name in ipairs(names) do add(name, list[1][name] * list[2] / parts) end
  end
  return gains
end

-- What is shuffled together, because one follows from the other.
local COLUMNS = { { "ip" }, { "port", "http" }, { "asn", "as_name" }, { "country" }, { "lat", "lon", "cell" } }
local NAMES = { "ip", "port", "asn", "country", "lat, lon" }

-- The rows with some columns dealt out anew.
local function shuffled(rows, columns, random)
  local n, order = #rows, {}
  for i = 1, n do order[i] = i end
  for i = n, 2, -1 do
    local j = random(i)
    order[i], order[j] = order[j], order[i]
  end
  local drawn = {}
  for _, name in ipairs(columns) do
    local column, values = rows:column(name), { n = n }
    for i = 1, n do values[i] = column[order[i]] end
    drawn[name] = values
  end
  local list = {}
  for _, field in ipairs(rows:schema()) do
    local name = field.name
    list[#list + 1] = { name = name, type = field.type, values = drawn[name] or rows:column(name):values() }
  end
  return lunette.table(list)
end

--- By how much the accuracy falls when a column's values are dealt out anew among the rows of `sample`: one question
--- to the model for all columns. Returns lists of feature, permutation, spread, gain.
---@param model table
---@param ask fun(rows: lunette.Query): lunette.Query gives probabilities of the families
---@param sample lunette.Query without history
---@param repeats integer
---@param seed integer
---@return lunette.Query
function models.importance(model, ask, sample, repeats, seed)
  local n, copies, state = #sample, { sample }, seed
  local function random(k)
    state = (state * 6364136223846793005 + 1442695040888963407)
    return (state >> 33) % k + 1
  end
  for _, columns in ipairs(COLUMNS) do
    for _ = 1, repeats do copies[#copies + 1] = shuffled(sample, columns, random) end
  end
  local all = lunette.concat(copies):collect()
  local predicted = learn.decide(all, ask(all))
  local truth, answer, hits = predicted:column "family", predicted:column "predicted", {}
  for i = 1, n * #copies do
    local copy = (i - 1) // n + 1
    hits[copy] = (hits[copy] or 0) + (truth[i] == answer[i] and 1 or 0)
  end
  local gains, list = models.gains(model), { {}, {}, {}, {} }
  for c, name in ipairs(NAMES) do
    local sum, squares = 0, 0
    for r = 1, repeats do
      local lost = (hits[1] - hits[1 + (c - 1) * repeats + r]) / n
      sum, squares = sum + lost, squares + lost * lost
    end
    local mean = sum / repeats
    list[1][c], list[2][c], list[3][c] = name, mean, math.sqrt(math.max(0, squares / repeats - mean * mean))
    list[4][c] = gains[name] or 0.0
  end
  return lunette.table {
    { name = "feature", values = list[1] }, { name = "permutation", type = "float", values = list[2] },
    { name = "spread", type = "float", values = list[3] }, { name = "gain", type = "float", values = list[4] },
  }
end

return models
