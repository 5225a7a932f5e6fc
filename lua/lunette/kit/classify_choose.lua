-- Which settings the classification uses: candidates are tried on the last part of the training time. Nothing here sees
-- the test.
local lunette = require "lunette"
local abstain = require "lunette.kit.classify_abstain"
local classify = require "lunette.kit.classify"
local models = require "lunette.kit.classify_models"
local shift = require "lunette.kit.classify_shift"
local learn = lunette.learn

local choose = {}

--- The time that parts the first `share` of the rows from the others. No time is on both sides.
---@param data lunette.Query
---@param share number
---@return lunette.Time
function choose.cut_of(data, share)
  local n = #data
  local at = math.max(2, math.min(n, math.floor(n * share) + 1))
  return data:column("first_seen")[at]
end

--- How many rows are from before a time. They are in its order.
---@param data lunette.Query
---@param cut lunette.Time
---@return integer
function choose.count_before(data, cut)
  local times, low, high = data:column "first_seen", 0, #data
  while low < high do
    local middle = (low + high + 1) // 2
    if times[middle] < cut then low = middle else high = middle - 1 end
  end
  return low
end

--- The rows from before a time.
function choose.before(data, cut) return data:slice(1, choose.count_before(data, cut)):collect() end

--- The rows from a time on.
function choose.from(data, cut) return data:slice(choose.count_before(data, cut) + 1):collect() end

local before, from = choose.before, choose.from

-- Whether the parameters leave a candidate in.
local function is_usable(params, number, candidate)
  local past = candidate.evidence
  for _, forest in ipairs(candidate.forests) do past = past or forest.history end
  if past and not params.history or candidate.evidence and not params.evidence then return false end
  return params.model == 0 or params.model == number
end

-- The last part of the training time as settings are tried on it: what is learned from, and the rows with what was known
-- `gap` days before the part began ("fixed"), as for a model that is left alone and asked later and later, and with what
-- was known the day before ("walk").
local function slice_of(params, train, without_walk)
  local cut, half_life = choose.cut_of(train, params.train_share), params.half_life
  local learned = before(classify.with_history(train, { cut = cut, half_life = half_life }), cut)
  local known = cut - params.gap * 86400
  local data = classify.with_history(train, { cut = known, half_life = half_life })
  if #before(train, known) < #learned / 4 then -- too little is known for a gap
    known, data = cut, classify.with_history(train, { cut = cut, half_life = half_life })
  end
  return { cut = cut, learned = learned, checked = from(data, cut),
    fixed = { data = data, when = { from = cut, cut = known } },
    walk = not without_walk and { data = classify.with_history(train, { step = 1, half_life = half_life }),
      when = { from = cut, step = 1 } } }
end

-- A model's probabilities for the rows of a slice in one of the two ways.
local function ask(model, slice, way, answers) return models.proba(model, slice[way].data, slice[way].when, answers) end

-- What `try` gives, or nil where evidence finds too little that is known before the rows.
local function unless_nothing_known(try)
  local ok, result = pcall(try)
  if ok then return result end
  if type(result) == "table" or type(result) == "userdata" then
    if result.code == "value" then return nil end
  end
  error(result, 0)
end

-- In the walk-forward what came of a model's earlier answers corrects its later ones.
local function corrected(params, way, rows, proba)
  if way ~= "walk" or params.walk_shift == 0 then return proba end
  return shift.new(params.walk_shift, params.bulk):correct(rows, proba)
end

-- A candidate's answers on rows that it hadn't seen.
local function judge(rows, proba)
  local score = learn.score(learn.decide(rows, proba), { truth = "family", confidence = "probability" })
  return { proba = proba, score = score, sum = score.accuracy + score.macro_f1 }
end

-- The best of the candidates, with calibrated predictions: in the walk-forward by what was known the day before, at the
-- fixed cut by that and by what was known the gap before, as its test has rows soon after the cut and late ones.
local function best_of(params, list, way, rows)
  local best
  local function worth(entry) return entry.walk.sum + (way == "fixed" and entry.fixed.sum or 0) end
  for _, entry in ipairs(list) do
    if not best or worth(entry) > worth(best) then best = entry end
  end
  local proba = corrected(params, way, rows, best[way].proba)
  local sharpness = params.calibrate and abstain.sharpness(rows, proba) or 1.0
  return { candidate = best.candidate, number = best.number, sharpness = sharpness, model = best.model,
    predicted = learn.decide(rows, learn.mix({ { proba, 1 } }, sharpness)) }
end

-- As many predictions are enough for the walk-forward, which forgets older ones.
choose.RECENT = 3000

-- Adds predictions of earlier parts of the training time, each by a model of what came before it: thresholds that rest on
-- one part only promise what that part was like. These models are smaller, for speed.
local function add_earlier(params, train, slice, best, best_walk, options)
  best.judged, best_walk.judged = best.predicted, best_walk.predicted
  options = setmetatable({ evidence_rows = math.max(100, options.evidence_rows // 2),
    n_trees = math.max(1, options.n_trees * 2 // 3) }, { __index = options })
  for _ = 2, params.slices do
    train = before(train, slice.cut)
    if #train < 4 then return end
    local enough = #best_walk.judged >= choose.RECENT
    slice = slice_of(params, train, enough)
    if #slice.learned:distinct "family" < 2 then return end
    local fitted = {}
    for _, way in ipairs { "fixed", not enough and "walk" or nil } do
      local chosen = way == "fixed" and best or best_walk
      local proba = unless_nothing_known(function()
        return ask(models.fit(chosen.candidate, slice.learned, slice.cut, options, fitted), slice, way)
      end)
      if not proba then return end
      proba = corrected(params, way, slice.checked, proba)
      local predicted = learn.decide(slice.checked, learn.mix({ { proba, 1 } }, chosen.sharpness))
      local columns = { "first_seen", "family", "predicted", "probability" }
      chosen.judged = lunette.concat { predicted:select(table.unpack(columns)),
        chosen.judged:select(table.unpack(columns)) }:collect()
    end
  end
end

--- Tries the candidates on the last part of the training time. The best is the one with the greatest sum of accuracy and
--- macro-F1; another one may be the best for the walk-forward. Returns both, and all with their scores.
---@param ctx table
---@param train lunette.Query
---@param options table see models.fit
---@return table, table, table[]
function choose.best(ctx, train, options)
  local slice, list, fitted, answers = slice_of(ctx.params, train), {}, {}, { fixed = {}, walk = {} }
  for i, candidate in ipairs(classify.CANDIDATES) do
    ctx:progress(i, #classify.CANDIDATES)
    list[#list + 1] = is_usable(ctx.params, i, candidate) and unless_nothing_known(function()
      local model = models.fit(candidate, slice.learned, slice.cut, options, fitted)
      local entry = { number = i, candidate = candidate, model = model }
      for _, way in ipairs { "fixed", "walk" } do
        entry[way] = judge(slice.checked, ask(model, slice, way, answers[way]))
      end
      return entry
    end) or nil
  end
  if #list == 0 then error(("there is no model %d: 0 chooses, 1 to %d are the candidates (those with history or evidence "
    .. "need history=true and evidence=true, those with evidence more than a few days of IOCs)"):format(
    ctx.params.model, #classify.CANDIDATES), 0) end
  local best = best_of(ctx.params, list, "fixed", slice.checked)
  local best_walk = best_of(ctx.params, list, "walk", slice.checked)
  best.other = models.others(best.model, slice.fixed.data, slice.fixed.when)
  add_earlier(ctx.params, train, slice, best, best_walk, options)
  return best, best_walk, list
end

--- The candidates and how they did.
function choose.table(tried, best, best_walk)
  local columns = { {}, {}, {}, {}, {}, {}, {}, {} }
  for i, entry in ipairs(tried) do
    local fixed, walk = entry.fixed.score, entry.walk.score
    local line = { entry.number, entry.candidate.name, fixed.accuracy, fixed.macro_f1, entry.number == best.number,
      walk.accuracy, walk.macro_f1, entry.number == best_walk.number }
    for c = 1, #columns do columns[c][i] = line[c] end
  end
  local names = { "number", "model", "accuracy", "macro_f1", "chosen", "walk_accuracy", "walk_macro_f1", "walk_chosen" }
  local list = {}
  for c, name in ipairs(names) do list[c] = { name = name, values = columns[c] } end
  return lunette.table(list)
end

return choose
