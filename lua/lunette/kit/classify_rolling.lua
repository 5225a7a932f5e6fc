-- Abstaining in the walk-forward: the threshold is chosen anew for each day, on the last predictions whose truth was known
-- the day before. Rows of one day are often one list of one family and right or wrong together, so that a day's rows don't
-- weigh as many as they are.
local lunette = require "lunette"
local abstain = require "lunette.kit.classify_abstain"
local learn = lunette.learn

local rolling = {}

-- As many rows as expected are put to a family's own, so that a few hits or misses say little.
local STRENGTH = 20

--- What thresholds promise and achieve that are chosen anew for each day on the last `recent` predictions before it. A row
--- is accepted by its probability times a factor of its predicted family: by how much that was right more often there
--- than its probabilities said. A day's n rows weigh n ^ bulk where that is chosen. Promises are means over the rows.
---@param before lunette.Query predictions that came before the walk, with first_seen, family, predicted, probability
---@param walked lunette.Query those of the walk, in the order of time
---@param wanted number[]
---@param caution number by how many standard errors the accuracy must be above what is wanted
---@param recent integer
---@param bulk? number 1: each row weighs the same
---@return table[] wanted, families, coverage, accuracy, achieved_coverage, achieved_accuracy
function rolling.thresholds(before, walked, wanted, caution, recent, bulk)
  local known, asked = #before, #walked
  local columns = { "first_seen", "family", "predicted", "probability" }
  local all = before:select(table.unpack(columns)):concat(walked:select(table.unpack(columns))):collect()
  local sums = learn.rolling_thresholds(all, { before = known, wanted = wanted, recent = recent, fewest = abstain.FEWEST,
    caution = caution, strength = STRENGTH, bulk = bulk or 1 })
  for w, sum in ipairs(sums) do
    sum.wanted, sum.coverage = wanted[w], sum.promised / math.max(1, asked)
    sum.accuracy = sum.promised > 0 and sum.sure / sum.promised or nil
    sum.achieved_coverage = sum.accepted / math.max(1, asked)
    sum.achieved_accuracy = sum.accepted > 0 and sum.hits / sum.accepted or nil
  end
  return sums
end

return rolling
