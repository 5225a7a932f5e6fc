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

-- The least score from which on predictions are right as often as wanted; nil when there is none. `list` is in the falling
-- order of scores.
local function threshold_of(list, wanted, caution)
  local weight, hits, best = 0, 0, nil
  for row, item in ipairs(list) do
    weight, hits = weight + item.weight, hits + (item.right and item.weight or 0)
    local following = list[row + 1]
    if (not following or following.score < item.score) and weight >= abstain.FEWEST
      and abstain.surely(hits, weight, caution) >= wanted then
      best = item.score
    end
  end
  return best
end

-- As many rows as expected are put to a family's own, so that a few hits or misses say little.
local STRENGTH = 20

-- By how much the predictions of each list were right more often than their probabilities said, by name; and of all.
local function factors_of(all, lists)
  local function sums(list)
    local hits, said = 0, 0
    for _, item in ipairs(list) do
      hits, said = hits + (item.right and item.weight or 0), said + item.weight * item.probability
    end
    return hits, said
  end
  local hits, said = sums(all)
  local together, factors = said > 0 and hits / said or 1.0, {}
  for name, list in pairs(lists) do
    hits, said = sums(list)
    factors[name] = (hits + STRENGTH * together) / (said + STRENGTH)
  end
  return factors, together
end

-- Predictions in the falling order of their scores, which are probabilities times the families' factors, or just those:
-- all, those of each predicted family, the families' names, their factors and that of a family that isn't there.
local function lists_of(predicted, bulk, trust)
  local all, lists, names, days = {}, {}, {}, {}
  for row in predicted:select("day = trunc(first_seen, 'day')", "family", "predicted", "probability")
    :derive("day = string(day)"):sort("-probability"):rows() do
    if row.predicted ~= nil then
      local list = lists[row.predicted]
      if not list then
        list = {}
        lists[row.predicted], names[#names + 1] = list, row.predicted
      end
      local item = { probability = row.probability, right = row.predicted == row.family, name = row.predicted, day = row.day }
      days[row.day] = (days[row.day] or 0) + 1
      list[#list + 1], all[#all + 1] = item, item
    end
  end
  for _, item in ipairs(all) do item.weight = days[item.day] ^ (bulk - 1) end
  table.sort(names)
  local factors, together = {}, 1.0
  if trust then factors, together = factors_of(all, lists) end
  for at, item in ipairs(all) do item.at, item.score = at, item.probability * (factors[item.name] or 1.0) end
  table.sort(all, function(a, b) return a.score > b.score or a.score == b.score and a.at < b.at end)
  return all, lists, names, factors, together
end

-- What weighs how much in a list from a score on: rows, and those that are right; and the least probability of these.
local function count_from(list, least)
  local rows, hits, probability = 0, 0, nil
  for _, item in ipairs(list) do
    if item.score < least then break end
    rows, hits, probability = rows + item.weight, hits + (item.right and item.weight or 0), item.probability
  end
  return rows, hits, probability
end

-- More than any probability.
local NEVER = 2.0

--- For each wanted accuracy the probability from which on predictions are accepted, chosen on predictions of rows that
--- the model hadn't seen: from which on they are right as often as wanted, taken all together; and a greater one for
--- a predicted family that takes more than the others. With `trust` a family's probabilities count as much more as they
--- were right more often than they said. `least` has a line for each of those families that the slice predicts, `default`
--- is for any other.
---@param predicted lunette.Query with first_seen, family, predicted, probability
---@param wanted number[]
---@param options? { caution?: number, bulk?: number, trust?: boolean } by how many standard errors the accuracy must be
--- above what is wanted (0); a day's n rows weigh as n ^ bulk (1: each row the same)
---@return { wanted: number, default: number, least: lunette.Query, families: integer, coverage: number, accuracy: number? }[]
function abstain.thresholds(predicted, wanted, options)
  options = options or {}
  local all, lists, names, factors, unknown = lists_of(predicted, options.bulk or 1, options.trust)
  local out, total, caution = {}, (count_from(all, -1)), options.caution or 0
  for i, target in ipairs(wanted) do
    local together, least, rows, hits, families = threshold_of(all, target, caution), {}, 0, 0, 0
    for n, name in ipairs(names) do
      local own = together and threshold_of(lists[name], target, caution)
      local score = math.max(together or math.huge, own or 0.0)
      local some, right, probability = count_from(lists[name], score)
      least[n] = together and math.min(score / (factors[name] or 1.0), probability or NEVER) or NEVER
      rows, hits, families = rows + some, hits + right, families + (some > 0 and 1 or 0)
    end
    out[i] = {
      wanted = target, families = families, coverage = total > 0 and rows / total or 0.0,
      accuracy = rows > 0 and hits / rows or nil, default = together and together / unknown or NEVER,
      least = lunette.table { { name = "predicted", type = "string", values = names },
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
