local lunette = require "lunette"
local classify = require "lunette.kit.classify"
local figures = require "lunette.kit.classify_figures"
local ioc = require "lunette.kit.ioc"
local words = require "lunette.kit.words"
local learn = lunette.learn

-- The IOCs in the order of time, families with enough of them only.
local function prepare(ctx)
  local wanted = ctx.params.threat_type
  local rows = ctx.input:filter "not is_null(family) and not is_null(first_seen) and not is_null(ip)"
  if wanted ~= "" and wanted ~= "all" and rows:has "threat_type" then
    rows = rows:filter("threat_type == $wanted", { wanted = wanted })
  end
  rows = rows:derive "http = contains(string(port), '80') or contains(string(port), '443')":collect()
  local families = rows:group_by("family"):agg("count = count()")
  local kept = rows:semi_join(families:filter("count >= $min", { min = ctx.params.min_count }), "family")
    :sort("first_seen"):collect()
  return kept, #rows - #kept
end

-- The time that parts the first `share` of the rows from the others, and both parts. No time is on both sides.
local function cut_of(data, share)
  local n = #data
  local at = math.max(2, math.min(n, math.floor(n * share) + 1))
  return data:column("first_seen")[at]
end

local function before(data, cut) return data:filter("first_seen < $cut", { cut = cut }):collect() end
local function from(data, cut) return data:filter("first_seen >= $cut", { cut = cut }):collect() end

local function score_of(predicted) return learn.score(predicted, { truth = "family", confidence = "probability" }) end

-- Tries the candidates on the last part of the training time. The best is the one with the greatest sum of accuracy and
-- macro-F1. Returns it with its predictions there, and all with their scores.
local function choose(ctx, train, options)
  local cut = cut_of(train, ctx.params.train_share)
  local data = classify.with_history(train, { cut = cut, half_life = ctx.params.half_life })
  local learned, checked = before(data, cut), from(data, cut)
  local best, tried = nil, {}
  for i, candidate in ipairs(classify.CANDIDATES) do
    ctx:progress(i, #classify.CANDIDATES)
    local usable = ctx.params.history or not candidate.history
    if usable and (ctx.params.model == 0 or ctx.params.model == i) then
      local predicted = classify.fit(candidate, learned, cut, options):predict(checked)
      local score = score_of(predicted)
      local entry = { number = i, candidate = candidate, predicted = predicted, score = score }
      tried[#tried + 1] = entry
      entry.sum = score.accuracy + score.macro_f1
      if not best or entry.sum > best.sum then best = entry end
    end
  end
  if not best then error(("there is no model %d: 0 chooses, 1 to %d are the candidates (those with history need "
    .. "history=true)"):format(ctx.params.model, #classify.CANDIDATES), 0) end
  return best, tried
end

local function choices_table(tried, best)
  local columns = { number = {}, model = {}, accuracy = {}, macro_f1 = {}, chosen = {} }
  for i, entry in ipairs(tried) do
    columns.number[i], columns.model[i], columns.chosen[i] = entry.number, entry.candidate.name, entry == best
    columns.accuracy[i], columns.macro_f1[i] = entry.score.accuracy, entry.score.macro_f1
  end
  local list = {}
  for _, name in ipairs { "number", "model", "accuracy", "macro_f1", "chosen" } do
    list[#list + 1] = { name = name, values = columns[name] }
  end
  return lunette.table(list)
end

-- The largest family always; each port's largest family.
local function baselines(train, test)
  local majority = train:group_by("family"):agg("n = count()"):sort("-n", "family"):first().family
  local always = test:derive("predicted = $family", "probability = 1.0", { family = majority }):collect()
  local ports = train:group_by("port", "family"):agg("n = count()"):sort("-n", "family")
    :group_by("port"):agg("predicted = first(family)", "n = sum(n)", "most = max(n)")
  local by_port = test:select("family", "port"):join(ports, "port", { kind = "left" })
    :derive("predicted = coalesce(predicted, $family)", "probability = coalesce(most / n, 0.0)", { family = majority })
    :collect()
  return score_of(always), score_of(by_port)
end

local VERDICTS = {
  "verdict = if_else(accepted, 'accept', 'abstain')",
  "said_address = if_else(is_null(past_address_top), '', 'this address was ' .. past_address_top .. ' ' .. "
    .. "string(int(round(past_address_age))) .. ' days before; ')",
  "said_net = if_else(is_null(past_net24_top), '', 'its /24 was ' .. past_net24_top .. ' ' .. "
    .. "string(int(round(past_net24_age))) .. ' days before; ')",
  "said_as = if_else(is_null(past_as_top), 'its AS is new', 'its AS is mostly ' .. past_as_top .. ' (' .. "
    .. "string(int(round(100 * past_as_share))) .. ' %)')",
  "said_port = if_else(is_null(past_port_top), '; its port is new', '; its port is mostly ' .. past_port_top .. ' (' .. "
    .. "string(int(round(100 * past_port_share))) .. ' %)')",
  "evidence = said_address .. said_net .. said_as .. said_port",
}

local function verdicts(predicted, threshold)
  return classify.accepted(threshold, predicted):derive(table.unpack(VERDICTS))
    :select("first_seen", "ip", "port", "family", "predicted", "probability", "verdict", "evidence")
end

-- Each month of the test time with a model of everything before it, and what was known the day before each row.
local function walk_forward(ctx, data, cut, candidate, options)
  local known = classify.with_history(data, { step = 1, half_life = ctx.params.half_life })
  local last = data:column("first_seen")[#data]
  local starts, parts, windows = classify.months(cut, last), {}, {}
  for i, start in ipairs(starts) do
    ctx:progress(i, #starts)
    local rows = from(known, start)
    if starts[i + 1] then rows = before(rows, starts[i + 1]) end
    if #rows > 0 then
      local predicted = classify.fit(candidate, before(known, start), start, options):predict(rows)
      parts[#parts + 1] = predicted
      windows[#windows + 1] = { start = start, rows = #rows, score = score_of(predicted) }
    end
  end
  return lunette.concat(parts):collect(), windows
end

-- Area under macro-F1 over the windows, as a share of what a perfect one has.
local function area(windows)
  if #windows == 1 then return windows[1].score.macro_f1 end
  local sum = 0
  for i = 2, #windows do sum = sum + (windows[i - 1].score.macro_f1 + windows[i].score.macro_f1) / 2 end
  return sum / (#windows - 1)
end

local function windows_table(windows)
  local start, rows, accuracy, f1 = {}, {}, {}, {}
  for i, w in ipairs(windows) do
    start[i], rows[i], accuracy[i], f1[i] = w.start, w.rows, w.score.accuracy, w.score.macro_f1
  end
  return lunette.table {
    { name = "start", values = start }, { name = "rows", values = rows }, { name = "accuracy", values = accuracy },
    { name = "macro_f1", values = f1 },
  }
end

local function coverage_table(thresholds, how)
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

local WANTED = { 0.90, 0.95, 0.99 }

-- The mean recall of the ten families that are rarest in training.
local function rare_recall(train, report)
  local rare = train:group_by("family"):agg("n = count()"):sort("n", "family"):head(10)
  local row = report:semi_join(rare, "family"):filter "support > 0":agg("recall = mean(recall)"):first()
  return row and row.recall
end

-- The fixed cut: the chosen model on everything before it, and all tables about it. Returns the predictions.
local function fixed_cut(ctx, parts, best, summary, options)
  local model = classify.fit(best.candidate, parts.train, parts.cut, options)
  local predicted = model:predict(parts.test)
  local scores = learn.score(predicted, { truth = "family", proba = model:predict_proba(parts.test) })
  local report = scores.report:rename("family = class"):collect()
  summary:add_scores("", scores)
  local recall = rare_recall(parts.train, report)
  if recall then summary:add("rarest_ten_recall", recall) end
  ctx:table(report:sort("-support", "family"), { name = "report", title = "Families: precision, recall, F1" })
  local confusion = scores.confusion:rename("family = truth"):sort("-count", "family", "predicted"):collect()
  ctx:table(confusion, { name = "confusion", title = "Which family was taken for which" })
  local share = math.min(1, ctx.params.importance_rows / math.max(1, #parts.test))
  local sample = share < 1 and learn.random_split(parts.test, share, ctx.params.seed):collect() or parts.test
  local importance = model:importance(sample, { repeats = 3, seed = ctx.params.seed })
    :sort("-permutation", "-gain", "feature"):collect()
  ctx:table(importance, { name = "importance", title = "What the predictions rest on",
    note = "permutation: accuracy lost when the feature is shuffled among the test rows, mean of three" })
  figures.importance(ctx, importance, #sample)
  ctx:chart { name = "confusion", kind = "heatmap", title = "Families and what they were taken for", x = "predicted",
    y = "family", size = "count", data = confusion, note = "rows of the test; the diagonal is right" }
  return predicted
end

local function about_unseen(ctx, parts, summary)
  local known = parts.train:distinct "family":select "family"
  local unseen = parts.test:group_by("family"):agg("count = count()"):anti_join(known, "family")
    :sort("-count", "family"):collect()
  local rows = unseen:agg("n = sum(count)"):first()
  summary:add("unseen_families", #unseen)
  summary:add("unseen_rows", rows and rows.n or 0)
  ctx:table(unseen, { name = "unseen", title = "Families that training doesn't have: they can't be predicted" })
  summary:add("test_hosts_known", #parts.test:semi_join(parts.train, "ip") / math.max(1, #parts.test))
end

return {
  api = 1,
  kind = "analysis",
  name = "classify",
  version = "1.0.0",
  title = "Classification",
  summary = "How well the family of a new C2 server can be told from its address and port, and when not to say",
  description = [[
Learns which malware family a C2 server belongs to from what is known when it is listed (where it is, whose network it
is in, its port) and from what was known before (which families the same address, networks, AS and port had), and
measures how good that is on later IOCs.

The first `train_share` of the time trains, the rest tests. Which of several settings is used is decided on the last
part of the training time, never on the test, and so are, for each family, the probabilities from which on it is accepted:
`coverage` shows what was promised there and what was achieved. `summary` has all figures in one table: beside the
chronological test a random split (too good, because neighbours of every test row are in training), the largest family
alone, the port alone, and the walk through the test time month by month. Columns that are filled in by or after
listing (reporter, tags, reference, confidence, last_seen, id, …) are refused as features. See docs/classification.md
for what the numbers promise and what they don't.]],
  categories = { "ioc", "learning" },
  author = "The Lunette authors",
  license = "MIT",
  references = { "https://threatfox.abuse.ch/" },
  input = { family = "string", first_seen = "time", ip = "ip", port = "int", lat = "float", lon = "float",
    country = "string", asn = "int", as_name = "string" },
  slow = true,
  enrich = { "geoip", "asn" },
  params = {
    min_count = { type = "int", default = 100, min = 2, doc = "Leave out families with fewer IOCs." },
    train_share = { type = "float", default = 0.85, min = 0.1, max = 0.98, doc = "Share of the rows, in time, that trains." },
    history = { type = "bool", default = true, doc = "Use what was known of the address, networks, AS and port before." },
    half_life = { type = "float", default = 60, min = 0, doc = "Days after which what was known counts half; 0: never." },
    balanced = { type = "bool", default = false, doc = "Let all families weigh the same in training." },
    walk_forward = { type = "bool", default = true, doc = "Also go through the test time month by month." },
    model = { type = "int", default = 0, min = 0, doc = "0 chooses among the settings in the table `choices`; else its number." },
    features = { type = "string", default = "", doc = "Columns to learn from, with commas between; empty: the usual ones." },
    accept = { type = "float", default = 0.95, min = 0.5, max = 1, doc = "Accuracy that accepted verdicts are to have." },
    n_trees = { type = "int", default = 100, min = 1, max = 10000, doc = "Trees of the final forest." },
    importance_rows = { type = "int", default = 600, min = 1, doc = "Test rows that the importance is measured on." },
    seed = { type = "int", default = 1, doc = "Start of the pseudo-random numbers." },
    threat_type = ioc.threat_type,
  },
  example = {
    input = "sample", params = { min_count = 50, n_trees = 20, walk_forward = false },
    expect = { tables = { report = true, confusion = true, importance = true, summary = true } },
  },

  run = function(ctx)
    local params = ctx.params
    local data, left_out = prepare(ctx)
    local families = data:distinct "family"
    if #families < 2 then
      error(("fewer than two families have %d IOCs with a time and an address: lower min_count"):format(params.min_count), 0)
    end
    local base = classify.features(params.features, data)
    local quick = { base = base, n_trees = math.min(30, params.n_trees), seed = params.seed, balanced = params.balanced }
    local full = { base = base, n_trees = params.n_trees, seed = params.seed, balanced = params.balanced }
    local cut = cut_of(data, params.train_share)
    local known = classify.with_history(data, { cut = cut, half_life = params.half_life })
    local parts = { cut = cut, train = before(known, cut), test = from(known, cut) }
    if #parts.train < 2 or #parts.test < 1 then error("there are too few IOCs to learn from and test on", 0) end
    local summary = setmetatable({}, Summary)
    summary:add("rows", #data)
    summary:add("families", #families)
    summary:add("rows_of_small_families", left_out)
    summary:add("train_rows", #parts.train)
    summary:add("test_rows", #parts.test)
    local best, tried = choose(ctx, before(data, cut), quick)
    local predicted = fixed_cut(ctx, parts, best, summary, full)
    local thresholds = classify.achieve(classify.thresholds(best.predicted, WANTED), predicted)
    summary:add_coverage("", thresholds)
    about_unseen(ctx, parts, summary)
    local majority, by_port = baselines(parts.train, parts.test)
    summary:add_scores("majority_", { accuracy = majority.accuracy, macro_f1 = majority.macro_f1 })
    summary:add_scores("port_only_", { accuracy = by_port.accuracy, macro_f1 = by_port.macro_f1 })
    local some, others = learn.random_split(data, params.train_share, params.seed)
    local random = score_of(classify.fit(classify.CANDIDATES[1], some:collect(), cut, quick):predict(others:collect()))
    summary:add_scores("random_split_", { accuracy = random.accuracy, macro_f1 = random.macro_f1 })
    local coverage, tests = coverage_table(thresholds, "fixed cut"), { { "fixed cut", predicted } }
    if params.walk_forward then
      local walked, windows = walk_forward(ctx, data, cut, best.candidate, quick)
      local scores = score_of(walked)
      summary:add_scores("walk_forward_", { accuracy = scores.accuracy, macro_f1 = scores.macro_f1 })
      summary:add("walk_forward_aut", area(windows))
      local again = classify.achieve(classify.thresholds(best.predicted, WANTED), walked)
      summary:add_coverage("walk_forward_", again)
      coverage = coverage:concat(coverage_table(again, "walk-forward"))
      local shown = windows_table(windows):collect()
      ctx:table(shown, { name = "windows", title = "Month by month" })
      figures.months(ctx, windows)
      tests[2] = { "walk-forward", walked }
    end
    figures.coverage(ctx, tests)
    ctx:table(summary:table(), { name = "summary", title = "All figures" })
    ctx:table(coverage, { name = "coverage", title = "What was promised and what was achieved when abstaining" })
    ctx:table(choices_table(tried, best), { name = "choices", title = "Settings tried on the last part of the training time" })
    local accept = classify.thresholds(best.predicted, { params.accept })[1]
    ctx:table(verdicts(predicted, accept), { name = "verdicts", title = "Each IOC of the test time" })
    ctx:metric { name = "cut", value = cut, title = "Training ends" }
    ctx:metric { name = "model", value = best.candidate.name, title = "Chosen settings" }
    local achieved = classify.achieve({ accept }, predicted)[1]
    ctx:finding { severity = "info", title = ("of %s later IOCs %s were accepted, %s of them right (%s were promised)"):format(
      words.number(#parts.test), words.percent(achieved.achieved_coverage),
      achieved.achieved_accuracy and words.percent(achieved.achieved_accuracy) or "none", words.percent(params.accept)),
      chart = "curve" }
  end,
}
