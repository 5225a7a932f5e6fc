-- Abstaining with thresholds that move with the time.
local core = require "lunette.core"
local errors = require "lunette.errors"
local shared = require "lunette.learn.options"

local learn = {}

local rolling_options = {
  before = "number", wanted = "table", recent = "number", fewest = "number", caution = "number", strength = "number",
  bulk = "number",
}

--- What comes of abstaining with thresholds that are chosen anew for each day (UTC), on the last `recent` predictions from
--- before it: from which score on they were right as often as wanted. A prediction's score is its probability times a
--- factor of its predicted class, by how much that was right more often than its probabilities said, drawn to that of all
--- as if by `strength` rows more; a day's n rows weigh n ^ bulk there (each the same). `predictions` has columns first_seen, family, predicted, probability in the order of
--- time; the first `before` rows are only known. Gives for each of `wanted` how many of the other rows were to be
--- accepted (`promised`) and to be right (`sure`), how many were (`accepted`, `hits`), and how many predicted classes
--- are among them.
---@param predictions lunette.Query
---@param options { wanted: number[], before?: integer, recent?: integer, fewest?: integer, caution?: number, strength?: number, bulk?: number }
---@return { promised: number, sure: number, accepted: integer, hits: integer, families: integer }[]
function learn.rolling_thresholds(predictions, options)
  options = shared.check("rolling_thresholds", options, rolling_options)
  if not options.wanted then errors.raise("argument", "rolling_thresholds needs wanted = { 0.95, … }") end
  return core.rolling_thresholds(shared.table_of("rolling_thresholds", predictions), options)
end

return learn
