-- The learner: decision trees, forests and boosting over queries. A model is fitted once and then only read.
local core = require "lunette.core"
local errors = require "lunette.errors"
local access = require "lunette.access"
local arguments = require "lunette.arguments"
local query = require "lunette.query"
local options = require "lunette.learn.options"

local check_options, table_of, with_columns = options.check, options.table_of, options.with_columns
local learn = {}

---@class lunette.LearnOptions
---@field n_trees? integer 100; a tree has 1, whatever this is
---@field criterion? "gini"|"entropy"
---@field max_depth? integer no limit
---@field min_leaf? integer least rows of a leaf (1)
---@field min_level? integer levels of a category with fewer rows are as if never seen (1)
---@field max_bins? integer most bins that a number's values fall into, at most 254 (254)
---@field min_gain? number least decrease of impurity, as a share of all weight (0)
---@field max_features? integer features looked at per split: all (tree), the square root of all (forests); -1: all
---@field smoothing? number trees and forests: rows of how much weight a leaf is drawn to the classes' shares of all by (0)
---@field balanced? boolean classes weigh the same together
---@field seed? integer 0
---@field shrinkage? number boosting: share of a tree's values that is added (0.1)
---@field l2? number boosting: leaves are drawn to 0 as if by so many rows (1)
---@field category_l2? number boosting: the same for splits by sets, for each 16 levels of a node (10)
---@field min_weight? number boosting: least sum of second derivatives in a leaf (0)
---@field max_leaves? integer boosting: leaf-wise, what wins most first; without it depth-wise, 6 deep
---@field row_share? number boosting: rows drawn for each round (1)
---@field column_share? number boosting: features drawn for each tree (1)
---@field patience? integer boosting: rounds without a smaller loss on held-out rows before it stops (never)
---@field held_share? number boosting: share of the rows, the last in time, held out for that (0.1)

---@class lunette.FitOptions
---@field target string the column to predict
---@field features string[] columns to predict from: text and addresses are categories, the rest numbers
---@field categories? string[] int features that are categories
---@field weights? string column of sample weights
---@field class_weights? table<string|integer|boolean, number> how much rows of a class count (1), besides their own weights
---@field time? string boosting: column that says which rows are last, for those held out; else those at the end
---@field regression? boolean boosting: the target is a number to come near to

---@class lunette.Model
local Model = {}
setmetatable(Model, { __index = errors.no_field("a model", Model) })
local model_meta = { __index = Model, __name = "lunette.model", __metatable = "lunette.model" }

---@class lunette.Learner
local Learner = {}
setmetatable(Learner, { __index = errors.no_field("a learner", Learner, ": it has fit, which gives a model") })
local learner_meta = { __index = Learner, __name = "lunette.learner", __metatable = "lunette.learner" }

local learner_options = {
  n_trees = "number", criterion = "string", max_depth = "number", min_leaf = "number", min_level = "number",
  max_bins = "number",
  min_gain = "number", max_features = "number", balanced = "boolean", seed = "number",
  smoothing = "number",
}
local boosting_options = {
  shrinkage = "number", l2 = "number", category_l2 = "number", max_leaves = "number", row_share = "number",
  column_share = "number", patience = "number", held_share = "number", min_weight = "number",
}
for name, kind in pairs(learner_options) do boosting_options[name] = kind end
boosting_options.criterion, boosting_options.max_features, boosting_options.smoothing = nil, nil, nil
local fit_options = {
  target = "string", features = "table", categories = "table", weights = "string", time = "string", regression = "boolean",
  class_weights = "table",
}

local criteria = { gini = true, entropy = true }

local function learner(kind, given)
  local allowed = kind == "boosting" and boosting_options or learner_options
  check_options(kind, given, allowed)
  given = given or {}
  arguments.word(kind, "criterion", given.criterion, criteria)
  for _, name in ipairs { "n_trees", "max_bins", "held_share" } do -- where the engine takes 0 for what is usual
    if given[name] == 0 then errors.raise("argument", "%s: %s must be above 0; without it, it is the usual one", kind, name) end
  end
  return setmetatable({ kind = kind, options = given }, learner_meta)
end

--- One decision tree.
---@param given? lunette.LearnOptions
---@return lunette.Learner
function learn.tree(given) return learner("tree", given) end

--- A random forest.
---@param given? lunette.LearnOptions
---@return lunette.Learner
function learn.forest(given) return learner("forest", given) end

--- Extremely randomised trees.
---@param given? lunette.LearnOptions
---@return lunette.Learner
function learn.extra_trees(given) return learner("extra_trees", given) end

--- Gradient boosting: each round grows a tree for each class (one for two classes, and for numbers) on what the rounds
--- before got wrong. `n_trees` is the number of rounds.
---@param given? lunette.LearnOptions
---@return lunette.Learner
function learn.boosting(given) return learner("boosting", given) end

--- Fits a model to the rows of a query whose target isn't null.
---@param data lunette.Query
---@param given lunette.FitOptions
---@return lunette.Model
function Learner:fit(data, given)
  given = check_options("fit", given, fit_options)
  if not given.target then errors.raise("argument", "fit needs target = \"…\", the column to predict") end
  if not given.features then errors.raise("argument", "fit needs features = { … }, the columns to predict from") end
  local settings, weight, rows = { learner = self.kind }, given.weights, table_of("fit", data)
  if given.class_weights then
    if self.options.balanced then
      errors.raise("argument", "fit: class_weights and balanced don't go together: each says how much classes weigh")
    end
    rows, weight = require("lunette.learn.weights").of_classes(data, given)
    rows = table_of("fit", rows)
  end
  settings.weight = weight
  for name, value in pairs(self.options) do settings[name] = value end
  for _, name in ipairs { "target", "features", "categories", "time", "regression" } do settings[name] = given[name] end
  return setmetatable({ _model = core.learn_fit(rows, settings) }, model_meta)
end

--- Loads a model that was saved.
---@param path string
---@return lunette.Model
function learn.load(path)
  if type(path) ~= "string" then errors.raise("argument", "load takes a path, not a %s", type(path)) end
  return setmetatable({ _model = core.learn_load(access.file(path)) }, model_meta)
end

--- Saves the model in a file.
---@param path string
function Model:save(path)
  if type(path) ~= "string" then errors.raise("argument", "save takes a path, not a %s", type(path)) end
  access.check("write", path)
  self._model:save(path)
end

--- What the model is: { learner, criterion, target, regression, features, gain, trees, rounds (boosting), nodes, rows,
--- seed }.
---@return table
function Model:info() return self._model:info() end

--- The classes that it knows, ascending.
---@return any[]
function Model:classes() return self._model:classes():values() end

--- The rows with two columns more: `predicted`, the most probable class, and `probability`; of a regression only
--- `predicted`, a float.
---@param data lunette.Query
---@return lunette.Query
function Model:predict(data)
  local input = table_of("predict", data)
  local classes, probabilities = self._model:predict(input)
  if self:info().regression then return with_columns(input, { { "predicted", classes } }) end
  return with_columns(input, { { "predicted", classes }, { "probability", probabilities } })
end

--- The probabilities of all classes: a float column for each, a row for each row.
---@param data lunette.Query
---@return lunette.Query
function Model:predict_proba(data) return query.of_table(self._model:predict_proba(table_of("predict_proba", data))) end

-- The number of a thing, or how many, as a whole number.
local function counted(what, name, number)
  local whole = math.type(number) and math.tointeger(number)
  if not whole then errors.raise("argument", "%s: the %s is a whole number, not %s", what, name, tostring(number)) end
  return whole
end

--- How much each feature moved the probability of a class along the trees' paths for one row: columns feature, value,
--- contribution. They sum to the probability (of boosting to the score, whose softmax it is; of a regression to the value);
--- the first, "(all rows)", is the class's share in the training data.
---@param data lunette.Query
---@param row? integer counted from 1 (1)
---@param class? any the predicted one
---@return lunette.Query
function Model:explain(data, row, class)
  local number
  for i, known in ipairs(class ~= nil and self:classes() or {}) do
    if known == class then number = i end
  end
  if class ~= nil and not number then
    local names = {}
    for i, known in ipairs(self:classes()) do names[i] = tostring(known) end
    errors.raise("name", "the model has no class '%s'%s", tostring(class), errors.meant(tostring(class), names))
  end
  return query.of_table(self._model:explain(table_of("explain", data), counted("explain", "row", row or 1), number))
end

--- The path of a row through a tree as text: its conditions, then the leaf with its classes and training rows.
---@param data lunette.Query
---@param row? integer counted from 1 (1)
---@param tree? integer counted from 1 (1)
---@return string
function Model:path(data, row, tree)
  row, tree = counted("path", "row", row or 1), counted("path", "tree", tree or 1)
  return self._model:path(table_of("path", data), row, tree)
end

--- The training rows that are most like a row to the model, those that end in the same leaves in most trees: `train`'s
--- rows with the column `nearness` (the share of trees), the nearest first.
---@param data lunette.Query
---@param row integer counted from 1
---@param train lunette.Query
---@param n? integer 5
---@return lunette.Query
function Model:nearest(data, row, train, n)
  local known = table_of("nearest", train)
  local found = query.of_table(self._model:nearest(table_of("nearest", data), counted("nearest", "row", row), known,
    counted("nearest", "number of rows", n or 5)))
  local rows = {}
  for i, at in ipairs(found:column("row"):values()) do rows[i] = query.of_table(known):slice(at, 1) end
  local near = #rows > 0 and query.of_table(require("lunette").concat(rows):collect():handle()) or query.of_table(known)
  return with_columns(near:collect():handle(), { { "nearness", found:column "nearness" } })
end

--- The model as JSON text, for other programs: all that a prediction needs, as `lnt_model_json` of learn.h describes it.
---@return string
function Model:json() return self._model:json() end

--- A tree as rules to read.
---@param tree? integer counted from 1 (1)
---@return string
function Model:rules(tree) return self._model:rules(counted("rules", "tree", tree or 1)) end

--- Permutation importance on held-out rows that have the target: columns feature, permutation (mean loss of accuracy),
--- spread (its standard deviation), gain.
---@param data lunette.Query
---@param given? { repeats?: integer, seed?: integer }
---@return lunette.Query
function Model:importance(data, given)
  given = check_options("importance", given, { repeats = "number", seed = "number" })
  return query.of_table(self._model:importance(table_of("importance", data), given.repeats or 5, given.seed or 0))
end

for _, part in ipairs { "lunette.learn.score", "lunette.learn.past", "lunette.learn.evidence", "lunette.learn.rolling" } do
  for name, fn in pairs(require(part)) do learn[name] = fn end
end

setmetatable(learn, { __index = errors.no_field("lunette.learn", learn) })

return { learn = learn }
