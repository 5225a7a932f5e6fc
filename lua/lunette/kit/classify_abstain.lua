-- Abstaining: from which probability on a family's predictions are accepted, what that promises and what came of it;
-- how well probabilities say how often they are right.
local lunette = require "lunette"
local learn = lunette.learn

local abstain = {}

-- Fewer rows say nothing of how often a family's predictions are right.
local FEWEST = 10

-- What a share of hits is at least: Wilson's lower bound at `z` standard errors. What is chosen as the best of many
-- thresholds looks better than it is, most where it rests on few rows.
local function surely(hits, n, z)
  local share = hits / n
  return (share + z * z / (2 * n) - z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))) / (1 + z * z / n)
end

-- The least probability from which on the predictions of one family are right as often as wanted, and how many rows
-- and hits that are; nil when there is none. `list` has { probability, right } in falling order.
local function threshold_of(list, wanted, caution)
  local hits, best = 0, nil
  for row, item in ipairs(list) do
    if item[2] then hits = hits + 1 end
    local following = list[row + 1]
    if (not following or following[1] < item[1]) and row >= FEWEST and surely(hits, row, caution) >= wanted then
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
---@param caution? number by how many standard errors the accuracy must be above what is wanted (0)
---@return { wanted: number, least: lunette.Query, families: integer, coverage: number, accuracy: number? }[]
function abstain.thresholds(predicted, wanted, caution)
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
      local best = threshold_of(lists[name], target, caution or 0)
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
function abstain.accepted(threshold, predicted)
  return predicted:join(threshold.least, "predicted", { kind = "left" })
    :derive "accepted = coalesce(probability >= least, false)":drop "least"
end

--- Adds what was achieved with thresholds on other predictions: achieved_coverage, achieved_accuracy.
function abstain.achieve(thresholds, predicted)
  local total = #predicted
  for _, t in ipairs(thresholds) do
    local row = abstain.accepted(t, predicted):filter "accepted"
      :agg("n = count()", "hits = count() where predicted == family"):first()
    t.achieved_coverage = total > 0 and row.n / total or 0.0
    t.achieved_accuracy = row.n > 0 and row.hits / row.n or nil
  end
  return thresholds
end

--- The same with thresholds that are chosen anew for each part of the predictions, on the last `recent` of those before
--- it, whose truth is known by then; promises are means over the rows.
---@param before lunette.Query predictions that came before all parts
---@param parts lunette.Query[] in the order of time
---@param wanted number[]
---@param caution number
---@param recent integer
---@return table[] wanted, families, coverage, accuracy, achieved_coverage, achieved_accuracy
function abstain.rolling(before, parts, wanted, caution, recent)
  local out, known, total = {}, before:select("family", "predicted", "probability"):collect(), 0
  for i, target in ipairs(wanted) do
    out[i] = { wanted = target, families = 0, promised = 0, sure = 0, accepted = 0, hits = 0 }
  end
  for _, part in ipairs(parts) do
    local n = #part
    for i, t in ipairs(abstain.achieve(abstain.thresholds(known:tail(recent), wanted, caution), part)) do
      local sum, accepted = out[i], t.achieved_coverage * n
      sum.families = math.max(sum.families, t.families)
      sum.promised, sum.sure = sum.promised + t.coverage * n, sum.sure + (t.accuracy or 0) * t.coverage * n
      sum.accepted, sum.hits = sum.accepted + accepted, sum.hits + (t.achieved_accuracy or 0) * accepted
    end
    total = total + n
    known = lunette.concat { known, part:select("family", "predicted", "probability") }:collect()
  end
  for _, sum in ipairs(out) do
    sum.coverage, sum.accuracy = sum.promised / math.max(1, total), sum.promised > 0 and sum.sure / sum.promised or nil
    sum.achieved_coverage = sum.accepted / math.max(1, total)
    sum.achieved_accuracy = sum.accepted > 0 and sum.hits / sum.accepted or nil
  end
  return out
end

--- How well probabilities say how often they are right: in ten steps of probability the rows, the mean probability and
--- the share of right ones; and the expected calibration error, the mean distance of both weighted by rows.
---@param predicted lunette.Query
---@return lunette.Query, number
function abstain.calibration(predicted)
  local steps = predicted:derive "step = if_else(probability >= 1, 9, int(floor(probability * 10)))":group_by("step")
    :agg("rows = count()", "probability = mean(probability)", "hits = count() where predicted == family")
    :derive("accuracy = hits / rows", "from = step / 10"):sort("step"):select("from", "rows", "probability", "accuracy"):collect()
  local error, n = 0, 0
  for row in steps:rows() do
    error, n = error + row.rows * math.abs(row.probability - row.accuracy), n + row.rows
  end
  return steps, n > 0 and error / n or 0.0
end

local POWERS = { 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0 }

--- The power of the probabilities with which they lose least (log loss) on rows that the model hadn't seen. The loss
--- has one valley, so it is followed downhill from 1.
---@param rows lunette.Query with family
---@param proba lunette.Query
---@return number
function abstain.sharpness(rows, proba)
  local losses, at = {}, 1
  local function loss(i)
    if not POWERS[i] then return math.huge end
    if not losses[i] then
      local sharp = learn.mix({ { proba, 1 } }, POWERS[i])
      losses[i] = learn.score(learn.decide(rows, sharp), { truth = "family", proba = sharp }).log_loss or math.huge
    end
    return losses[i]
  end
  for i, power in ipairs(POWERS) do at = power == 1 and i or at end
  local step = loss(at + 1) < loss(at) and 1 or -1
  while loss(at + step) < loss(at) do at = at + step end
  return POWERS[at]
end

return abstain
