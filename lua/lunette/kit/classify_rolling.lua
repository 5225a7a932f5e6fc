-- Abstaining in the walk-forward: the threshold is chosen anew for each day, on the last predictions whose truth was known
-- the day before. Rows of one day are often one list of one family and right or wrong together, so that a day's rows don't
-- weigh as many as they are.
local abstain = require "lunette.kit.classify_abstain"

local rolling = {}

-- As many rows as expected are put to a family's own, so that a few hits or misses say little.
local STRENGTH = 20

local DAY = 86400000000

-- The predictions as lists, in their order. A day's n rows weigh n ^ bulk together.
local function read(predicted, bulk)
  local list = { family = {}, probability = {}, right = {}, day = {}, weight = {} }
  for row in predicted:select("first_seen", "family", "predicted", "probability"):rows() do
    local i = #list.right + 1
    list.family[i], list.probability[i], list.right[i] = row.predicted or "", row.probability or 0.0, row.predicted == row.family
    list.day[i] = row.first_seen.us // DAY
  end
  local first, n = 1, #list.right
  for i = 1, n do
    if list.day[i + 1] ~= list.day[i] then
      local rows = i - first + 1
      for k = first, i do list.weight[k] = rows ^ (bulk - 1) end
      first = i + 1
    end
  end
  return list
end

-- By how much the predictions of each family were right more often than their probabilities said, among rows
-- first … last: family -> factor; and the factor of all.
local function factors(list, first, last)
  local hits, sums, all_hits, all_sums = {}, {}, 0, 0.0
  for i = first, last do
    local family, weight = list.family[i], list.weight[i]
    local right, said = list.right[i] and weight or 0, weight * list.probability[i]
    hits[family], sums[family] = (hits[family] or 0) + right, (sums[family] or 0.0) + said
    all_hits, all_sums = all_hits + right, all_sums + said
  end
  local all, by_family = all_sums > 0 and all_hits / all_sums or 1.0, {}
  for family, sum in pairs(sums) do by_family[family] = (hits[family] + STRENGTH * all) / (sum + STRENGTH) end
  return by_family, all
end

local function scored(list, i, by_family, all) return list.probability[i] * (by_family[list.family[i]] or all) end

-- Scores are sorted as whole numbers with the row in the last bits: a sort of numbers is the fastest there is.
local STEPS, ROW_BITS = 1 << 32, 20
local ROWS = (1 << ROW_BITS) - 1

local function step_of(list, i, by_family, all) return math.floor(scored(list, i, by_family, all) * STEPS) end

-- For each wanted accuracy the least score from which on rows first … last were right as often; false: there is none. And
-- what those rows and hits weigh, and all rows.
local function choose(list, first, last, by_family, all, wanted, caution)
  local keys, out, weight, hits = {}, {}, 0, 0
  for i = first, last do keys[#keys + 1] = -(step_of(list, i, by_family, all) << ROW_BITS | (i - first)) end
  table.sort(keys)
  for w in ipairs(wanted) do out[w] = false end
  for at, key in ipairs(keys) do
    local i, least, following = first + (-key & ROWS), -key >> ROW_BITS, keys[at + 1]
    weight, hits = weight + list.weight[i], hits + (list.right[i] and list.weight[i] or 0)
    if weight >= abstain.FEWEST and (not following or -following >> ROW_BITS < least) then
      for w, target in ipairs(wanted) do
        if abstain.surely(hits, weight, caution) >= target then out[w] = { least = least, rows = weight, hits = hits } end
      end
    end
  end
  return out, weight
end

-- Adds what a day's thresholds promise and what came of them for rows first … last.
local function count_day(sums, list, first, last, by_family, all, chosen, n_known)
  for w, sum in ipairs(sums) do
    local t, n, families = chosen[w], last - first + 1, sum.seen
    if t then
      sum.promised, sum.sure = sum.promised + t.rows / n_known * n, sum.sure + t.hits / n_known * n
      for i = first, last do
        if step_of(list, i, by_family, all) >= t.least then
          sum.accepted, sum.hits = sum.accepted + 1, sum.hits + (list.right[i] and 1 or 0)
          if not families[list.family[i]] then families[list.family[i]], sum.families = true, sum.families + 1 end
        end
      end
    end
  end
end

--- What thresholds promise and achieve that are chosen anew for each day on the last `recent` predictions before it. A row
--- is accepted by its probability times a factor of its predicted family: by how much that was right more often there
--- than its probabilities said. A day's n rows weigh n ^ bulk where that is chosen. Promises are means over the rows.
---@param before lunette.Query predictions that came before the walk, with first_seen, family, predicted, probability
---@param walked lunette.Query those of the walk, in the order of time
---@param wanted number[]
---@param caution number by how many standard errors the accuracy must be above what is wanted
---@param recent integer at most a million
---@param bulk? number 1: each row weighs the same
---@return table[] wanted, families, coverage, accuracy, achieved_coverage, achieved_accuracy
function rolling.thresholds(before, walked, wanted, caution, recent, bulk)
  local n_before, list = #before, read(before:select("first_seen", "family", "predicted", "probability"):concat(
    walked:select("first_seen", "family", "predicted", "probability")):collect(), bulk or 1)
  local n, sums, first = #list.right, {}, n_before + 1
  for w, target in ipairs(wanted) do
    sums[w] = { wanted = target, promised = 0, sure = 0, accepted = 0, hits = 0, families = 0, seen = {} }
  end
  while first <= n do
    local last = first
    while last < n and list.day[last + 1] == list.day[first] do last = last + 1 end
    local from, known = math.max(1, first - recent), first - 1
    local by_family, all = factors(list, from, known)
    local chosen, weight = choose(list, from, known, by_family, all, wanted, caution)
    count_day(sums, list, first, last, by_family, all, chosen, weight)
    first = last + 1
  end
  local total = math.max(1, n - n_before)
  for _, sum in ipairs(sums) do
    sum.seen, sum.coverage, sum.accuracy = nil, sum.promised / total, sum.promised > 0 and sum.sure / sum.promised or nil
    sum.achieved_coverage = sum.accepted / total
    sum.achieved_accuracy = sum.accepted > 0 and sum.hits / sum.accepted or nil
  end
  return sums
end

return rolling
