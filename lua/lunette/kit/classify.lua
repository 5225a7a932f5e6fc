-- Parts of the classification of IOCs: which columns may be features, what the past says of a row, which settings are
-- tried, how a threshold for abstaining is chosen.
local lunette = require "lunette"
local learn = lunette.learn

local classify = {}

-- What is known of an IOC when it is listed. Numbers of ASes and ports are names, not quantities.
classify.BASE = { "lat", "lon", "asn", "as_name", "country", "port", "http" }
classify.CATEGORIES = { "asn", "port" }

-- Columns that are filled in by or after listing, or that name the family outright.
local LEAKS = {
  reporter = "who reports it tells the family", tags = "tags are given with the family",
  reference = "it is filled in with the family", confidence = "it is set with the family",
  last_seen = "it is filled in later", id = "it tells when and in which batch the IOC was listed",
  malware = "it names the family", family = "it is what is to be predicted", aliases = "they name the family",
  is_compromised = "it is filled in with the family", anonymous = "it tells who reports",
}

-- From the coarsest to the finest.
classify.KEYS = {
  { name = "past_port", columns = { "port" } },
  { name = "past_country_port", columns = { "country", "port" } },
  { name = "past_as", columns = { "asn" } },
  { name = "past_net16", columns = { "ip/16" } },
  { name = "past_as_port", columns = { "asn", "port" } },
  { name = "past_net24", columns = { "ip/24" } },
  { name = "past_address", columns = { "ip" } },
}

-- The settings that are tried on the last part of the training time.
classify.CANDIDATES = {
  { name = "as in the article" },
  { name = "recent rows weigh more", recency = 60 },
  { name = "history", history = true },
  { name = "history and time", history = true, time = true },
  { name = "history, recent rows weigh more", history = true, recency = 60 },
  { name = "history, recent rows weigh more, families the same", history = true, recency = 180, balanced = true },
}

--- The features that the parameter names (commas between them), or the usual ones. Raises for what can't be known
--- when an IOC is listed.
---@param text string
---@param data lunette.Query
---@return string[]
function classify.features(text, data)
  local list = {}
  for name in text:gmatch "[^,%s]+" do
    if LEAKS[name] then
      error(("the column '%s' can't be a feature: %s, so nobody has it when an IOC is new"):format(name, LEAKS[name]), 0)
    end
    if not data:has(name) then error(("there is no column '%s' to be a feature"):format(name), 0) end
    list[#list + 1] = name
  end
  if #list > 0 then return list end
  return table.move(classify.BASE, 1, #classify.BASE, 1, {})
end

--- The rows with what was known before them. From `cut` on nothing more is learned; with `step` a row knows what was
--- known before its day.
---@param data lunette.Query
---@param options { cut?: lunette.Time, step?: number, half_life: number }
---@return lunette.Query
function classify.with_history(data, options)
  return learn.history(data, {
    target = "family", time = "first_seen", keys = classify.KEYS, half_life = options.half_life, cut = options.cut,
    step = options.step,
  })
end

local function features_of(candidate, base, data)
  local list = table.move(base, 1, #base, 1, {})
  if candidate.time then list[#list + 1] = "first_seen" end
  for _, field in ipairs(candidate.history and data:schema() or {}) do
    if field.name:match "^past_" then list[#list + 1] = field.name end
  end
  return list
end

--- Fits a candidate's forest to rows from before `cut`.
---@param candidate table
---@param rows lunette.Query
---@param cut lunette.Time
---@param options { base: string[], n_trees: integer, seed: integer, balanced: boolean }
---@return lunette.Model
function classify.fit(candidate, rows, cut, options)
  local categories = {}
  for _, name in ipairs(options.base) do
    for _, known in ipairs(classify.CATEGORIES) do
      if name == known then categories[#categories + 1] = name end
    end
  end
  if candidate.recency then
    rows = rows:derive("`(weight)` = 2.0 ^ (-(($cut - first_seen) / 86400.0) / $days)",
      { cut = cut, days = candidate.recency })
  end
  local balanced = options.balanced or candidate.balanced or false
  return learn.forest({ n_trees = options.n_trees, min_leaf = 2, seed = options.seed, balanced = balanced })
    :fit(rows:collect(), {
      target = "family", features = features_of(candidate, options.base, rows), categories = categories,
      weights = candidate.recency and "(weight)" or nil,
    })
end

-- Fewer rows say nothing of how often a family's predictions are right.
local FEWEST = 10

-- The least probability from which on the predictions of one family are right as often as wanted, and how many rows
-- and hits that are; nil when there is none. `list` has { probability, right } in falling order.
local function threshold_of(list, wanted)
  local hits, best = 0, nil
  for row, item in ipairs(list) do
    if item[2] then hits = hits + 1 end
    local following = list[row + 1]
    if (not following or following[1] < item[1]) and row >= FEWEST and hits / row >= wanted then
      best = { least = item[1], rows = row, hits = hits }
    end
  end
  return best
end

--- For each wanted accuracy and each predicted family the least probability from which on predictions are accepted,
--- chosen on predictions of rows that the model hadn't seen: the most rows whose accuracy together is at least as
--- wanted. Families with fewer than ten such rows are never accepted.
---@param predicted lunette.Query with family, predicted, probability
---@param wanted number[]
---@return { wanted: number, least: lunette.Query, families: integer, coverage: number, accuracy: number? }[]
function classify.thresholds(predicted, wanted)
  local lists, names, total = {}, {}, 0
  for row in predicted:select("family", "predicted", "probability"):sort("-probability"):rows() do
    local list = lists[row.predicted]
    if not list then
      list = {}
      lists[row.predicted], names[#names + 1] = list, row.predicted
    end
    list[#list + 1] = { row.probability, row.predicted == row.family }
    total = total + 1
  end
  table.sort(names)
  local out = {}
  for i, target in ipairs(wanted) do
    local families, least, rows, hits = {}, {}, 0, 0
    for _, name in ipairs(names) do
      local best = threshold_of(lists[name], target)
      if best then
        families[#families + 1], least[#least + 1] = name, best.least
        rows, hits = rows + best.rows, hits + best.hits
      end
    end
    out[i] = {
      wanted = target, families = #families, coverage = rows / math.max(1, total), accuracy = rows > 0 and hits / rows or nil,
      least = lunette.table { { name = "predicted", type = "string", values = families },
        { name = "least", type = "float", values = least } },
    }
  end
  return out
end

--- The predictions with the bool column `accepted`.
function classify.accepted(threshold, predicted)
  return predicted:join(threshold.least, "predicted", { kind = "left" })
    :derive "accepted = coalesce(probability >= least, false)":drop "least"
end

--- Adds what was achieved with thresholds on other predictions: achieved_coverage, achieved_accuracy.
function classify.achieve(thresholds, predicted)
  local total = #predicted
  for _, t in ipairs(thresholds) do
    local row = classify.accepted(t, predicted):filter "accepted"
      :agg("n = count()", "hits = count() where predicted == family"):first()
    t.achieved_coverage = total > 0 and row.n / total or 0.0
    t.achieved_accuracy = row.n > 0 and row.hits / row.n or nil
  end
  return thresholds
end

--- The starts of the windows from `from` to `to`: the first begins there, the others with a month.
---@param from lunette.Time
---@param to lunette.Time
---@return lunette.Time[]
function classify.months(from, to)
  local starts, year, month = { from }, from.year, from.month
  while true do
    year, month = month == 12 and year + 1 or year, month % 12 + 1
    local start = lunette.time(("%04d-%02d-01"):format(year, month))
    if start > to then return starts end
    starts[#starts + 1] = start
  end
end

return classify
