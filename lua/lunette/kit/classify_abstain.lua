-- Abstaining at the fixed cut: from which probability on predictions are accepted, what that promises and what came of
-- it; how well probabilities say how often they are right.
local lunette = require "lunette"
local learn = lunette.learn

local abstain = {}

-- Fewer rows say nothing of how often predictions are right.
abstain.FEWEST = 10

--- What a share of hits is at least: Wilson's lower bound at `z` standard errors. What is chosen as the best of many
--- thresholds looks better than it is, most where it rests on few rows.
---@param hits integer
---@param n integer
---@param z number
---@return number
function abstain.surely(hits, n, z)
  local share = hits / n
  return (share + z * z / (2 * n) - z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))) / (1 + z * z / n)
end

-- The least probability from which on predictions are right as often as wanted; nil when there is none. `list` has
-- { probability, right } in falling order.
local function threshold_of(list, wanted, caution)
  local hits, best = 0, nil
  for row, item in ipairs(list) do
    if item[2] then hits = hits + 1 end
    local following = list[row + 1]
    if (not following or following[1] < item[1]) and row >= abstain.FEWEST and abstain.surely(hits, row, caution) >= wanted then
      best = item[1]
    end
  end
  return best
end

-- Predictions in falling order of their probability: all, those of each predicted family, and the families' names.
local function lists_of(predicted)
  local all, lists, names = {}, {}, {}
  for row in predicted:select("family", "predicted", "probability"):sort("-probability"):rows() do
    if row.predicted ~= nil then
      local item, list = { row.probability, row.predicted == row.family }, lists[row.predicted]
      if not list then
        list = {}
        lists[row.predicted], names[#names + 1] = list, row.predicted
      end
      list[#list + 1], all[#all + 1] = item, item
    end
  end
  table.sort(names)
  return all, lists, names
end

-- How many of a list are accepted from a probability on, and how many of these are right.
local function count_from(list, least)
  local rows, hits = 0, 0
  for _, item in ipairs(list) do
    if item[1] < least then break end
    rows, hits = rows + 1, hits + (item[2] and 1 or 0)
  end
  return rows, hits
end

-- More than any probability.
local NEVER = 2.0

--- For each wanted accuracy the probability from which on predictions are accepted, chosen on predictions of rows that
--- the model hadn't seen: from which on they are right as often as wanted, taken all together; and a greater one for
--- a predicted family that takes more than the others. `least` has a line for each of those families that the slice
--- predicts, `default` is for any other.
---@param predicted lunette.Query with family, predicted, probability
---@param wanted number[]
---@param caution? number by how many standard errors the accuracy must be above what is wanted (0)
---@return { wanted: number, default: number, least: lunette.Query, families: integer, coverage: number, accuracy: number? }[]
function abstain.thresholds(predicted, wanted, caution)
  local all, lists, names = lists_of(predicted)
  local out = {}
  for i, target in ipairs(wanted) do
    local together, least, rows, hits, families = threshold_of(all, target, caution or 0), {}, 0, 0, 0
    for n, name in ipairs(names) do
      local own = together and threshold_of(lists[name], target, caution or 0)
      least[n] = math.max(together or NEVER, own or 0.0)
      local some, right = count_from(lists[name], least[n])
      rows, hits, families = rows + some, hits + right, families + (some > 0 and 1 or 0)
    end
    out[i] = {
      wanted = target, families = families, coverage = rows / math.max(1, #all), accuracy = rows > 0 and hits / rows or nil,
      default = together or NEVER, least = lunette.table { { name = "predicted", type = "string", values = names },
        { name = "least", type = "float", values = least } },
    }
  end
  return out
end

--- The predictions with the bool column `accepted`.
function abstain.accepted(threshold, predicted)
  return predicted:join(threshold.least, "predicted", { kind = "left" })
    :derive("accepted = coalesce(probability >= coalesce(least, $default), false)", { default = threshold.default }):drop "least"
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
