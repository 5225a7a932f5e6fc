-- The learner: decision trees and forests over queries. A model is fitted once and then only read.
local core = require "lunette.core"
local errors = require "lunette.errors"
local access = require "lunette.access"
local query = require "lunette.query"

local learn = {}

---@class lunette.LearnOptions
---@field n_trees? integer 100; a tree has 1
---@field criterion? "gini"|"entropy"
---@field max_depth? integer no limit
---@field min_leaf? integer least rows of a leaf (1)
---@field min_level? integer levels of a category with fewer rows are as if never seen (1)
---@field min_gain? number least decrease of impurity, as a share of all weight (0)
---@field max_features? integer features looked at per split: all (tree), the square root of all (forests); -1: all
---@field balanced? boolean classes weigh the same together
---@field seed? integer 0

---@class lunette.FitOptions
---@field target string the column to predict
---@field features string[] columns to predict from: text and addresses are categories, the rest numbers
---@field categories? string[] int features that are categories
---@field weights? string column of sample weights

---@class lunette.Model
local Model = {}
local model_meta = { __index = Model, __name = "lunette.model", __metatable = "lunette.model" }

---@class lunette.Learner
local Learner = {}
local learner_meta = { __index = Learner, __name = "lunette.learner", __metatable = "lunette.learner" }

local learner_options = {
  n_trees = "number", criterion = "string", max_depth = "number", min_leaf = "number", min_level = "number",
  min_gain = "number", max_features = "number", balanced = "boolean", seed = "number",
}
local fit_options = { target = "string", features = "table", categories = "table", weights = "string" }

local function check_options(what, given, allowed)
  if given ~= nil and type(given) ~= "table" then
    errors.raise("argument", "%s takes a table of options, not a %s", what, type(given))
  end
  for name, value in pairs(given or {}) do
    local wanted = allowed[name]
    if not wanted then
      errors.raise("name", "%s has no option '%s'%s", what, tostring(name),
        errors.meant(tostring(name), errors.keys(allowed)))
    elseif type(value) ~= wanted then
      errors.raise("argument", "%s: the option '%s' must be a %s, not a %s", what, name, wanted, type(value))
    end
  end
  return given or {}
end

local function table_of(what, data)
  if not query.is_query(data) then errors.raise("argument", "%s takes a query, not a %s", what, type(data)) end
  return data:handle()
end

local function learner(kind, options)
  return setmetatable({ kind = kind, options = check_options(kind, options, learner_options) }, learner_meta)
end

--- One decision tree.
---@param options? lunette.LearnOptions
---@return lunette.Learner
function learn.tree(options) return learner("tree", options) end

--- A random forest.
---@param options? lunette.LearnOptions
---@return lunette.Learner
function learn.forest(options) return learner("forest", options) end

--- Extremely randomised trees.
---@param options? lunette.LearnOptions
---@return lunette.Learner
function learn.extra_trees(options) return learner("extra_trees", options) end

--- Fits a model to the rows of a query whose target isn't null.
---@param data lunette.Query
---@param options lunette.FitOptions
---@return lunette.Model
function Learner:fit(data, options)
  options = check_options("fit", options, fit_options)
  if not options.target then errors.raise("argument", "fit needs target = \"…\", the column to predict") end
  if not options.features then errors.raise("argument", "fit needs features = { … }, the columns to predict from") end
  local settings = { learner = self.kind, weight = options.weights }
  for name, value in pairs(self.options) do settings[name] = value end
  for _, name in ipairs { "target", "features", "categories" } do settings[name] = options[name] end
  return setmetatable({ _model = core.learn_fit(table_of("fit", data), settings) }, model_meta)
end

--- Loads a model that was saved.
---@param path string
---@return lunette.Model
function learn.load(path)
  if type(path) ~= "string" then errors.raise("argument", "load takes a path, not a %s", type(path)) end
  access.check("read", path)
  return setmetatable({ _model = core.learn_load(path) }, model_meta)
end

--- Saves the model in a file.
---@param path string
function Model:save(path)
  if type(path) ~= "string" then errors.raise("argument", "save takes a path, not a %s", type(path)) end
  access.check("write", path)
  self._model:save(path)
end

--- What the model is: { learner, criterion, target, features, gain, trees, nodes, rows, seed }.
---@return table
function Model:info() return self._model:info() end

--- The classes that it knows, ascending.
---@return any[]
function Model:classes() return self._model:classes():values() end

-- A table with further columns at its end, replacing those of the same names.
local function with_columns(data, added)
  local names, columns, place = {}, {}, {}
  for _, field in ipairs(data:schema()) do
    names[#names + 1] = field.name
    place[field.name] = #names
    columns[#columns + 1] = data:column(field.name)
  end
  for _, column in ipairs(added) do
    local at = place[column[1]] or #names + 1
    names[at], columns[at] = column[1], column[2]
  end
  return query.of_table(core.table(names, columns))
end

--- The rows with two columns more: `predicted`, the most probable class, and `probability`.
---@param data lunette.Query
---@return lunette.Query
function Model:predict(data)
  local input = table_of("predict", data)
  local classes, probabilities = self._model:predict(input)
  return with_columns(input, { { "predicted", classes }, { "probability", probabilities } })
end

--- The probabilities of all classes: a float column for each, a row for each row.
---@param data lunette.Query
---@return lunette.Query
function Model:predict_proba(data) return query.of_table(self._model:predict_proba(table_of("predict_proba", data))) end

--- How much each feature moved the probability of a class along the trees' paths for one row: columns feature, value,
--- contribution. They sum to the probability; the first, "(all rows)", is the class's share in the training data.
---@param data lunette.Query
---@param row? integer counted from 1 (1)
---@param class? any the predicted one
---@return lunette.Query
function Model:explain(data, row, class)
  local number
  for i, known in ipairs(class ~= nil and self:classes() or {}) do
    if known == class then number = i end
  end
  if class ~= nil and not number then errors.raise("name", "the model has no class '%s'", tostring(class)) end
  return query.of_table(self._model:explain(table_of("explain", data), row or 1, number))
end

--- A tree as rules to read.
---@param tree? integer counted from 1 (1)
---@return string
function Model:rules(tree) return self._model:rules(tree or 1) end

--- Permutation importance on held-out rows that have the target: columns feature, permutation (mean loss of accuracy),
--- spread (its standard deviation), gain.
---@param data lunette.Query
---@param options? { repeats?: integer, seed?: integer }
---@return lunette.Query
function Model:importance(data, options)
  options = check_options("importance", options, { repeats = "number", seed = "number" })
  return query.of_table(self._model:importance(table_of("importance", data), options.repeats or 5, options.seed or 0))
end

local score_options = { truth = "string", predicted = "string", confidence = "string", proba = "table" }

--- How good predictions are. `data` has the truth and the predictions as columns.
---@param data lunette.Query
---@param options { truth: string, predicted?: string, confidence?: string, proba?: lunette.Query }
---@return { rows: integer, accuracy: number, macro_f1: number, report: lunette.Query, confusion: lunette.Query }
function learn.score(data, options)
  options = check_options("score", options, score_options)
  if not options.truth then errors.raise("argument", "score needs truth = \"…\", the column with the right classes") end
  local input = table_of("score", data)
  local confidence = options.confidence and input:column(options.confidence)
  local scores, report, confusion = core.learn_score(input:column(options.truth),
    input:column(options.predicted or "predicted"), confidence, options.proba and table_of("score", options.proba))
  scores.report, scores.confusion = query.of_table(report), query.of_table(confusion)
  return scores
end

---@class lunette.HistoryOptions
---@field target string whose classes are known of earlier rows
---@field time string when a row became known
---@field keys { name: string, columns: string[] }[] from the coarsest to the finest; "ip/24" is a network
---@field half_life? number days after which a row counts half; 0: never
---@field strength? number how many rows outweigh what coarser keys say (1)
---@field step? number days
---@field cut? lunette.Time

local history_options = {
  target = "string", time = "string", keys = "table", half_life = "number", strength = "number", step = "number",
  cut = "userdata",
}

--- Adds what was known before each row: for every key the columns NAME_top (the class that earlier rows of the same
--- key had most), NAME_share, NAME_weight, NAME_age (days since the last), and for every class "blend CLASS", its
--- probability by all keys together. A row sees strictly earlier rows; with `step` (days) only those from before its
--- step began; from `cut` on, only those from before the cut.
---@param data lunette.Query
---@param options lunette.HistoryOptions
---@return lunette.Query
function learn.history(data, options)
  options = check_options("history", options, history_options)
  for _, name in ipairs { "target", "time", "keys" } do
    if not options[name] then errors.raise("argument", "history needs %s", name) end
  end
  if options.cut and core.type(options.cut) ~= "time" then errors.raise("argument", "history: cut must be a time") end
  local input, added = table_of("history", data), {}
  local told = core.learn_history(input, {
    target = options.target, time = options.time, keys = options.keys, half_life = options.half_life,
    strength = options.strength, step = options.step and math.floor(options.step * 86400000000 + 0.5),
    cut = options.cut and options.cut.us,
  })
  for i, field in ipairs(told:schema()) do added[i] = { field.name, told:column(i) } end
  return with_columns(input, added)
end

--- Deals the rows out at random: about `share` of them into the first query, the others into the second, both in order.
---@param data lunette.Query
---@param share number
---@param seed? integer
---@return lunette.Query, lunette.Query
function learn.random_split(data, share, seed)
  local input = table_of("random_split", data)
  local sides, state = {}, (seed or 0) * 2 + 1
  for i = 1, #input do
    state = state * 6364136223846793005 + 1442695040888963407
    sides[i] = (state >> 11) / (1 << 53) < share
  end
  local marked = with_columns(input, { { "(side)", core.column("bool", sides, #input, "(side)") } })
  return marked:filter("`(side)`"):drop("(side)"), marked:filter("not `(side)`"):drop("(side)")
end

return { learn = learn }
