-- How good predictions are.
local core = require "lunette.core"
local errors = require "lunette.errors"
local query = require "lunette.query"
local shared = require "lunette.learn.options"

local learn = {}

local score_options = { truth = "string", predicted = "string", confidence = "string", proba = "table" }

-- How near numbers are to what they should be.
local function score_numbers(input, options)
  local sums = query.of_table(input):derive("`(off)` = `" .. (options.predicted or "predicted") .. "` - `" .. options.truth .. "`")
    :filter "not is_null(`(off)`)"
    :agg("rows = count()", "squares = sum(`(off)` * `(off)`)", "mae = mean(abs(`(off)`))", "spread = var(`" .. options.truth .. "`)")
    :first()
  local scores = { rows = sums.rows, mae = sums.mae }
  if sums.rows > 0 then scores.rmse = math.sqrt(sums.squares / sums.rows) end
  if sums.spread and sums.spread > 0 then scores.r2 = 1 - sums.squares / (sums.spread * (sums.rows - 1)) end
  return scores
end

--- How good predictions are. `data` has the truth and the predictions as columns. Of a float truth: { rows, rmse, mae, r2 }.
---@param data lunette.Query
---@param options { truth: string, predicted?: string, confidence?: string, proba?: lunette.Query }
---@return { rows: integer, accuracy: number, macro_f1: number, report: lunette.Query, confusion: lunette.Query }
function learn.score(data, options)
  options = shared.check("score", options, score_options)
  if not options.truth then errors.raise("argument", "score needs truth = \"…\", the column with the right classes") end
  local input = shared.table_of("score", data)
  for _, field in ipairs(input:schema()) do
    if field.name == options.truth and field.type == "float" then return score_numbers(input, options) end
  end
  local confidence = options.confidence and input:column(options.confidence)
  local scores, report, confusion = core.learn_score(input:column(options.truth),
    input:column(options.predicted or "predicted"), confidence, options.proba and shared.table_of("score", options.proba))
  scores.report, scores.confusion = query.of_table(report), query.of_table(confusion)
  return scores
end

return learn
