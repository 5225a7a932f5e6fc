-- One model for all classes that weighs what the past says for each of them: rows are paired with classes, boosting
-- learns which pairs are true, and a row's probabilities are its pairs' in proportion.
local core = require "lunette.core"
local errors = require "lunette.errors"
local query = require "lunette.query"
local shared = require "lunette.learn.options"

local learn = {}

---@class lunette.EvidenceOptions
---@field keys { name: string, columns: string[] }[] what rows of the past are looked up by; "ip/24" is a network
---@field recent? number half-life of the short memory in days (15)
---@field long? number half-life of the long memory in days (120)
---@field lag? number rows that are learned from see what was known up to so many days before them (100); 0: all before
---@field others? number share of the pairs with another class that are learned from (0.12)
---@field rows? integer about how many rows are learned from, drawn from all (12000); all are evidence
---@field rounds? integer of boosting (80)
---@field max_depth? integer of its trees (6)
---@field shrinkage? number (0.12)
---@field column_share? number facts drawn for each tree (0.25)
---@field min_weight? number least sum of second derivatives in a leaf (5)
---@field max_bins? integer of a fact (48)
---@field seed? integer 0

local evidence_options = {
  keys = "table", recent = "number", long = "number", lag = "number", others = "number", rows = "number",
  rounds = "number", max_depth = "number", shrinkage = "number", seed = "number", min_weight = "number",
  max_bins = "number", column_share = "number",
}

---@class lunette.EvidenceModel
local Model = {}
local model_meta = { __index = Model, __name = "lunette.evidence", __metatable = "lunette.evidence" }

local function microseconds(time, what)
  if time == nil then return nil end
  if core.type(time) ~= "time" then errors.raise("argument", "%s must be a time", what) end
  return time.us
end

local function settings_of(model, given)
  local o = model.options
  return {
    target = model.target, time = model.time, keys = o.keys, recent = o.recent, long = o.long, seed = o.seed,
    from = microseconds(given.from, "from"), cut = microseconds(given.cut, "cut"),
    step = given.step and math.floor(given.step * 86400000000 + 0.5),
  }
end

--- A model of what evidence of the past is worth, fitted to the rows of a query. Raises a "value" error when nothing that
--- was known before the rows says anything of them.
---@param data lunette.Query
---@param given { target: string, time: string }
---@param options lunette.EvidenceOptions
---@return lunette.EvidenceModel
function learn.evidence(data, given, options)
  given = shared.check("evidence", given, { target = "string", time = "string" })
  options = shared.check("evidence", options, evidence_options)
  for _, name in ipairs { "target", "time" } do
    if not given[name] then errors.raise("argument", "evidence needs %s = \"…\"", name) end
  end
  if not options.keys then errors.raise("argument", "evidence needs keys = { … }") end
  local model = setmetatable({ options = options, target = given.target, time = given.time }, model_meta)
  local input = shared.table_of("evidence", data)
  local settings = settings_of(model, {})
  settings.lag, settings.others = options.lag or 100, options.others or 0.12
  settings.drawn = math.min(1, (options.rows or 12000) / math.max(1, #input))
  local pairs_of = core.evidence_pairs(input, settings)
  local said = query.of_table(pairs_of):agg("n = count()", "hits = count() where `(hit)`"):first()
  if said.hits == 0 or said.hits == said.n then
    errors.raise("value", "too little is known before the %d rows to learn from what the past says", #input)
  end
  local features = {}
  for i, field in ipairs(pairs_of:schema()) do
    if i > 4 then features[#features + 1] = field.name end
  end
  model.features = features
  model._model = core.learn_fit(pairs_of, {
    learner = "boosting", target = "(hit)", features = features, weight = "(weight)", n_trees = options.rounds or 80,
    max_depth = options.max_depth, shrinkage = options.shrinkage or 0.12, seed = options.seed,
    min_weight = options.min_weight or 5, column_share = options.column_share or 0.25, row_share = 0.8, max_bins = options.max_bins or 48,
  })
  return model
end

--- The probabilities of the classes for the rows of a query from the time `from` on: a float column a class, in the
--- order of the rows. All rows of the query are evidence, each from its time on; with `cut` only those from before
--- the cut, with `step` (days) those from before a row's step began. `asked` names a bool column that is true for the rows
--- to be answered; the others are evidence only.
---@param data lunette.Query
---@param given? { from?: lunette.Time, cut?: lunette.Time, step?: number, asked?: string }
---@return lunette.Query
function Model:predict_proba(data, given)
  given = shared.check("predict_proba", given, { from = "userdata", cut = "userdata", step = "number", asked = "string" })
  local input = shared.table_of("predict_proba", data)
  local pairs_of = core.evidence_pairs(input, settings_of(self, given))
  if #pairs_of == 0 then errors.raise("value", "nothing is known before the rows: there is no evidence") end
  local answers = self._model:predict_proba(pairs_of)
  local shares = query.of_table(core.evidence_shares(pairs_of, answers:column "true", #input))
  if not given.from and not given.asked then return shares end
  local conditions = {}
  if given.from then conditions[1] = "`" .. self.time .. "` >= $from" end
  if given.asked then conditions[#conditions + 1] = "`" .. given.asked .. "`" end
  local inside = query.of_table(input):select("inside = " .. table.concat(conditions, " and "), { from = given.from }):collect():handle()
  return query.of_table(shared.with_columns(shares:handle(), { { "(in)", inside:column "inside" } }):handle())
    :filter "`(in)`":drop "(in)":collect()
end

--- How much each fact is worth, for all classes together: columns feature, gain.
---@return table<string, number>
function Model:gain() return self._model:info().gain end

--- Mixes probabilities: for each class the weighted geometric mean, to the power of `sharpness`, scaled to sum to 1.
---@param list { [1]: lunette.Query, [2]: number }[] tables of probabilities and their weights
---@param sharpness? number 1
---@return lunette.Query
function learn.mix(list, sharpness)
  local tables, weights = {}, {}
  for i, item in ipairs(list) do tables[i], weights[i] = shared.table_of("mix", item[1]), item[2] end
  return query.of_table(core.shares_mix(tables, weights, sharpness or 1))
end

--- The rows with two columns more: `predicted`, the class that has the greatest probability, and `probability`.
---@param data lunette.Query
---@param proba lunette.Query
---@return lunette.Query
function learn.decide(data, proba)
  local classes, probabilities = core.shares_decide(shared.table_of("decide", proba))
  return shared.with_columns(shared.table_of("decide", data), { { "predicted", classes }, { "probability", probabilities } })
end

return learn
