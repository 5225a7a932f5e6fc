-- The figures of a classification: what it rests on, how accuracy falls as coverage grows, and how it fares month by
-- month.
local lunette = require "lunette"
local words = require "lunette.kit.words"

local figures = {}

local SHOWN_FEATURES = 12
local SHOWN_FAMILIES = 8
local CURVE_POINTS = 60

--- Bars of the accuracy that is lost without a feature, with a standard deviation to both sides.
---@param ctx table
---@param importance lunette.Query feature, permutation, spread
---@param n_rows integer that it was measured on
function figures.importance(ctx, importance, n_rows)
  local telling = importance:filter "permutation > 0":derive("low = permutation - spread", "high = permutation + spread")
    :collect()
  local shown = telling:head(SHOWN_FEATURES):collect()
  local which = ("%d of %s drawn"):format(#shown, words.count(#importance, "feature"))
  if #shown == #importance then which = words.part(#shown, #shown, "feature")
  elseif #shown == #telling then which = which .. ", the others lose nothing or less" end
  ctx:chart { name = "importance", kind = "bar", title = "Accuracy lost without a feature", x = "feature", y = "permutation",
    low = "low", high = "high", data = shown, y_title = "accuracy lost",
    note = ("mean of three shuffles, ± a standard deviation, on %s of the test; "):format(words.count(n_rows, "row")) .. which }
end

-- Accuracy among the surest predictions, at CURVE_POINTS shares of all rows.
local function curve(predicted)
  local rows = predicted:sort("-probability"):derive("right = predicted == family"):select("right", "probability"):collect()
  local right, probability = rows:column("right"):values(), rows:column("probability"):values()
  local n, hits, coverage, accuracy, least = #rows, 0, {}, {}, {}
  local next_at = 1
  for i = 1, n do
    if right[i] == true then hits = hits + 1 end
    local ends_tie = i == n or probability[i + 1] ~= probability[i]
    if ends_tie and (i >= next_at or i == n) then
      coverage[#coverage + 1], accuracy[#accuracy + 1], least[#least + 1] = i / n, hits / i, probability[i]
      next_at = i + math.max(1, n // CURVE_POINTS)
    end
  end
  return coverage, accuracy, least
end

--- Accuracy against coverage: the surest predictions first, a line for each test.
---@param ctx table
---@param tests { [1]: string, [2]: lunette.Query }[] a name and predictions with their probability
function figures.coverage(ctx, tests)
  local columns = { {}, {}, {}, {} }
  for _, test in ipairs(tests) do
    local coverage, accuracy, least = curve(test[2])
    for i = 1, #coverage do
      local at = #columns[1] + 1
      columns[1][at], columns[2][at], columns[3][at], columns[4][at] = test[1], coverage[i], accuracy[i], least[i]
    end
  end
  local data = lunette.table {
    { name = "test", type = "string", values = columns[1] }, { name = "coverage", type = "float", values = columns[2] },
    { name = "accuracy", type = "float", values = columns[3] }, { name = "probability", type = "float", values = columns[4] },
  }:collect()
  ctx:table(data, { name = "curve", title = "Accuracy against coverage",
    note = "the surest predictions first; probability: the least one among them" })
  ctx:chart { name = "curve", kind = "line", title = "Accuracy against coverage", data = data, x = "coverage", y = "accuracy",
    color = "test", note = "how many of the test's rows are answered, the surest first, and how many of these answers are right" }
end

--- Lines over the months of the walk: all rows together, and the families with the most rows.
---@param ctx table
---@param windows { start: lunette.Time, rows: integer, score: table }[]
function figures.months(ctx, windows)
  local scores = { {}, {}, {} }
  local parts = {}
  for _, window in ipairs(windows) do
    for _, name in ipairs { "accuracy", "macro_f1" } do
      local at = #scores[1] + 1
      scores[1][at], scores[2][at], scores[3][at] = window.start, name == "accuracy" and "accuracy" or "macro-F1", window.score[name]
    end
    parts[#parts + 1] = window.score.report:rename("family = class"):derive("start = $start", { start = window.start })
      :select("start", "family", "f1", "precision", "recall", "support")
  end
  ctx:chart { name = "windows", kind = "line", title = "Month by month", x = "start", y = "score", color = "measure",
    data = lunette.table { { name = "start", type = "time", values = scores[1] }, { name = "measure", type = "string", values = scores[2] },
      { name = "score", type = "float", values = scores[3] } },
    note = "each month is predicted by a model of everything before it" }
  local families = lunette.concat(parts):collect()
  local largest = families:group_by("family"):agg("n = sum(support)"):sort("-n", "family"):head(SHOWN_FAMILIES):collect()
  local shown = families:semi_join(largest, "family"):filter "support > 0":sort("start", "family"):collect()
  ctx:table(families:sort("start", "family"), { name = "months", title = "Families month by month" })
  ctx:chart { name = "months", kind = "line", title = "F1 of the largest families month by month", data = shown, x = "start",
    y = "f1", color = "family", note = ("%d of %s, those with the most rows in the test"):format(#largest,
      words.count(#families:distinct "family", "family", "families")) }
end

return figures
