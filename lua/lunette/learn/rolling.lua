-- Abstaining with thresholds that move with the time.
local core = require "lunette.core"
local errors = require "lunette.errors"
local shared = require "lunette.learn.options"

local learn = {}

---@class lunette.RollingOptions
---@field wanted number[] accuracies of what is accepted
---@field before? integer rows that are only known (0)
---@field recent? integer predictions that thresholds are chosen on (1000)
---@field fewest? integer rows that weigh less say nothing (1)
---@field caution? number standard errors that accuracy must be above what is wanted (0)
---@field strength? number 1
---@field bulk? number 0 to 1 (1)

local rolling_options = {
  before = "number", wanted = "table", recent = "number", fewest = "number", caution = "number", strength = "number",
  bulk = "number",
}

--- What comes of abstaining with thresholds that are chosen anew for each day (UTC), on the last `recent` predictions from
--- before it: from which score on they were right as often as wanted. A prediction's score is its probability times a
--- factor of its predicted class, by how much that was right more often than its probabilities said, drawn to that of all
--- as if by `strength` rows more; a day's n rows weigh n ^ bulk there (each the same). `predictions` has columns
--- first_seen, family, predicted, probability in the order of time; the first `before` rows are only known. Gives for each
--- of `wanted` how many of the other rows were to be accepted (`promised`) and to be right (`sure`), how many were
--- (`accepted`, `hits`), and how many predicted classes are among them.
---@param predictions lunette.Query
---@param options lunette.RollingOptions
---@return { promised: number, sure: number, accepted: integer, hits: integer, families: integer }[]
function learn.rolling_thresholds(predictions, options)
  options = shared.check("rolling_thresholds", options, rolling_options)
  if not options.wanted then errors.raise("argument", "rolling_thresholds needs wanted = { 0.95, … }") end
  return core.rolling_thresholds(shared.table_of("rolling_thresholds", predictions), options)
end

return learn
