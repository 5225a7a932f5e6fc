-- Tables of the classification: the summary's lines, verdicts with their evidence, what was promised and achieved.
local lunette = require "lunette"
local abstain = require "lunette.kit.classify_abstain"

local tables = {}

local VERDICTS = {
  "verdict = if_else(accepted, 'accept', 'abstain')",
  "said_address = if_else(is_null(past_address_top), '', 'this address was seen as ' .. past_address_top .. ', last on ' .. "
    .. "format(first_seen - past_address_age * 86400, '%Y-%m-%d') .. '; ')",
  "said_net = if_else(is_null(past_net24_top), '', 'its /24 was seen as ' .. past_net24_top .. ', last on ' .. "
    .. "format(first_seen - past_net24_age * 86400, '%Y-%m-%d') .. '; ')",
  "said_as = if_else(is_null(past_as_top), 'its AS is new', 'its AS is mostly ' .. past_as_top .. ' (' .. "
    .. "string(int(round(100 * past_as_share))) .. ' %)')",
  "said_port = if_else(is_null(past_port_top), '; its port is new', '; its port is mostly ' .. past_port_top .. ' (' .. "
    .. "string(int(round(100 * past_port_share))) .. ' %)')",
  "evidence = said_address .. said_net .. said_as .. said_port",
}

--- Each prediction with its verdict and what it rests on.
function tables.verdicts(predicted, threshold)
  return abstain.accepted(threshold, predicted):derive(table.unpack(VERDICTS))
    :select("first_seen", "ip", "port", "family", "predicted", "probability", "verdict", "evidence")
end

--- What thresholds promised, and what came of it.
function tables.coverage(thresholds, how)
  local columns, names = {}, { "wanted", "families", "coverage", "accuracy", "achieved_coverage", "achieved_accuracy" }
  for _, name in ipairs(names) do
    local values = { n = #thresholds }
    for i, t in ipairs(thresholds) do values[i] = t[name] end
    columns[#columns + 1] = { name = name, type = "float", values = values }
  end
  return lunette.table(columns):rename("promised_coverage = coverage", "promised_accuracy = accuracy")
    :derive("test = $how", { how = how })
end

-- Lines of the summary, in order.
local Summary = {}
Summary.__index = Summary

function Summary:add(metric, value) self[#self + 1] = { metric, value } end

function Summary:add_scores(prefix, scores)
  for _, name in ipairs { "accuracy", "macro_f1", "balanced_accuracy", "weighted_f1", "log_loss", "brier", "aurc" } do
    if scores[name] then self:add(prefix .. name, scores[name]) end
  end
end

function Summary:add_coverage(prefix, thresholds)
  for _, t in ipairs(thresholds) do
    local at = ("_at_%d"):format(math.floor(100 * t.wanted + 0.5))
    self:add(prefix .. "coverage" .. at, t.achieved_coverage)
    if t.achieved_accuracy then self:add(prefix .. "accuracy" .. at, t.achieved_accuracy) end
  end
end

function Summary:table()
  local metrics, values = {}, {}
  for i, line in ipairs(self) do metrics[i], values[i] = line[1], line[2] + 0.0 end
  return lunette.table { { name = "metric", values = metrics }, { name = "value", type = "float", values = values } }
end

--- An empty summary.
function tables.summary() return setmetatable({}, Summary) end

--- How it went, window by window.
function tables.windows(windows)
  local start, rows, accuracy, f1 = {}, {}, {}, {}
  for i, w in ipairs(windows) do
    start[i], rows[i], accuracy[i], f1[i] = w.start, w.rows, w.score.accuracy, w.score.macro_f1
  end
  return lunette.table {
    { name = "start", values = start }, { name = "rows", values = rows }, { name = "accuracy", values = accuracy },
    { name = "macro_f1", values = f1 },
  }
end

return tables
