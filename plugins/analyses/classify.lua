local lunette = require "lunette"
local abstain = require "lunette.kit.classify_abstain"
local choose = require "lunette.kit.classify_choose"
local classify = require "lunette.kit.classify"
local drift = require "lunette.kit.classify_drift"
local figures = require "lunette.kit.classify_figures"
local ioc = require "lunette.kit.ioc"
local models = require "lunette.kit.classify_models"
local rolling = require "lunette.kit.classify_rolling"
local shift = require "lunette.kit.classify_shift"
local tables = require "lunette.kit.classify_tables"
local words = require "lunette.kit.words"
local learn = lunette.learn

-- The IOCs in the order of time: those of families with enough of them, and the others.
local function prepare(ctx)
  local wanted = ctx.params.threat_type
  local rows = ctx.input:filter "not is_null(family) and not is_null(first_seen) and not is_null(ip)"
  if wanted ~= "" and wanted ~= "all" and rows:has "threat_type" then
    local of_type = rows:filter("threat_type == $wanted", { wanted = wanted })
    if #of_type:head(1) == 0 and #rows:head(1) > 0 then
      local there = rows:filter "not is_null(threat_type)":distinct "threat_type":sort "threat_type":column "threat_type":values()
      error(("no IOC is of the threat_type '%s': there are %s; threat_type=all takes them all"):format(wanted,
        table.concat(there, ", ")), 0)
    end
    rows = of_type
  end
  rows = rows:derive("http = contains(string(port), '80') or contains(string(port), '443')",
    "cell = string(int(round(lat))) .. ',' .. string(int(round(lon)))"):sort("first_seen"):collect()
  local large = rows:group_by("family"):agg("count = count()"):filter("count >= $min", { min = ctx.params.min_count })
  return rows:semi_join(large, "family"):collect(), rows:anti_join(large, "family"):collect()
end

local cut_of, before, from = choose.cut_of, choose.before, choose.from

local function score_of(predicted) return learn.score(predicted, { truth = "family", confidence = "probability" }) end

-- Raises: there are no two families to tell apart.
local function too_few(ctx, data, small)
  local families, counts = {}, {}
  for row in lunette.concat { data, small }:group_by("family"):agg("n = count()"):sort("-n", "family"):head(2):rows() do
    families[#families + 1], counts[#counts + 1] = row.family, row.n
  end
  local which = not counts[1] and "" or not counts[2] and ", all of " .. families[1]
    or (", of the second largest family %d"):format(counts[2])
  local what = not counts[2] and "there is nothing to tell apart" or counts[2] < 2 and "one IOC of a family is too few"
    or ("min_count=%d leaves two"):format(counts[2])
  error(("fewer than two families have %s: of %s %s have a family, a time and an address%s%s; %s"):format(
    words.count(ctx.params.min_count, "IOC"), words.count(#ctx.input, "row"), words.number(#data + #small),
    ctx.input:has "threat_type" and " and are of the threat type" or "", which, what), 0)
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

-- Whether so many rows more are known that evidence is to be fitted anew.
local GROWN = 1.05

-- Each month of the test time with models of everything before it, and what was known the day before each row. The
-- forest is fitted anew each month, what evidence is worth when there is a twentieth more of it; `evidence` is what the
-- model of the fixed cut has learned of that, or nil. Returns the predictions, the windows, and the predictions that
-- aren't corrected by what came of earlier ones.
local function walk_forward(ctx, data, cut, best, options, evidence)
  local known = classify.with_history(data, { step = 1, half_life = ctx.params.half_life })
  local starts, parts, windows = classify.months(cut, data:column("first_seen")[#data]), {}, {}
  local corrects, plain = ctx.params.walk_shift > 0 and shift.new(ctx.params.walk_shift, ctx.params.bulk), {}
  local answers, fitted_rows, asked, counts = {}, nil, nil, {}
  for i, start in ipairs(starts) do counts[i] = choose.count_before(data, start) end
  counts[#starts + 1] = #data
  local function asked_until(i) -- up to the window with which evidence will be fitted anew
    for j = i + 1, #starts do
      if counts[j + 1] > counts[j] and counts[j] >= GROWN * counts[i] then return before(known, starts[j]) end
    end
    return known
  end
  for i, start in ipairs(starts) do
    ctx:progress(i, #starts)
    local until_now = starts[i + 1] and before(known, starts[i + 1]) or known
    local rows, learned = from(until_now, start), before(known, start)
    if #rows > 0 then
      if not fitted_rows or #learned >= GROWN * fitted_rows then
        answers, fitted_rows, asked = { evidence = i == 1 and evidence or nil }, #learned, #learned
      end
      local model = models.fit(best.candidate, learned, start, options, answers)
      if model.evidence then -- its answers to all later rows are the same in each month
        answers.all = answers.all or model.evidence:predict_proba(asked_until(i), { from = start, step = 1 })
        answers[model.evidence] = answers.all:slice(#learned - asked + 1, #rows):collect()
      end
      local proba = models.proba(model, until_now, { from = start, step = 1 }, answers)
      plain[#plain + 1] = learn.decide(rows, proba)
      if corrects then proba = corrects:correct(rows, proba) end
      local predicted = learn.decide(rows, learn.mix({ { proba, 1 } }, best.sharpness))
      local scores = learn.score(predicted, { truth = "family", confidence = "probability" })
      parts[#parts + 1] = predicted
      windows[#windows + 1] = { start = start, rows = #rows, score = scores }
      answers = { evidence = model.evidence, all = answers.all }
    end
  end
  return lunette.concat(parts):collect(), windows, lunette.concat(plain):collect()
end

-- Area under macro-F1 over the windows, as a share of what a perfect one has.
local function area(windows)
  if #windows == 1 then return windows[1].score.macro_f1 end
  local sum = 0
  for i = 2, #windows do sum = sum + (windows[i - 1].score.macro_f1 + windows[i].score.macro_f1) / 2 end
  return sum / (#windows - 1)
end

local WANTED = { 0.90, 0.95, 0.99 }

-- Trees of the forests that are tried.
local QUICK_TREES = 24

-- The mean recall of the ten families that are rarest in training.
local function rare_recall(train, report)
  local rare = train:group_by("family"):agg("n = count()"):sort("n", "family"):head(10)
  local row = report:semi_join(rare, "family"):filter "support > 0":agg("recall = mean(recall)"):first()
  return row and row.recall
end

-- What the predictions rest on: by how much the accuracy falls without a column, on some rows of the test.
local function about_importance(ctx, parts, model, sharpness)
  local share = math.min(1, ctx.params.importance_rows / math.max(1, #parts.raw_test))
  local sample = share < 1 and learn.random_split(parts.raw_test, share, ctx.params.seed):collect() or parts.raw_test
  if #sample == 0 then return end
  local function ask(rows)
    local data = classify.with_history(lunette.concat { parts.raw_train, rows }:collect(),
      { cut = parts.cut, half_life = ctx.params.half_life })
    return learn.mix({ { models.proba(model, data, { from = parts.cut, cut = parts.cut }), 1 } }, sharpness)
  end
  local importance = models.importance(model, ask, sample, 3, ctx.params.seed):sort("-permutation", "-gain", "feature"):collect()
  ctx:table(importance, { name = "importance", title = "What the predictions rest on",
    note = "permutation: accuracy lost when the column is shuffled among some test rows, mean of three" })
  figures.importance(ctx, importance, #sample)
end

-- The fixed cut: the chosen model on everything before it, and all tables about it. Returns the predictions and the model.
local function fixed_cut(ctx, parts, best, summary, options)
  local model = models.fit(best.candidate, parts.train, parts.cut, options)
  local proba = learn.mix({ { models.proba(model, parts.known, { from = parts.cut, cut = parts.cut }), 1 } }, best.sharpness)
  local predicted = learn.decide(parts.test, proba)
  local scores = learn.score(predicted, { truth = "family", proba = proba })
  local report = scores.report:rename("family = class"):collect()
  summary:add_scores("", scores)
  local steps, off = abstain.calibration(predicted)
  summary:add("calibration_error", off)
  summary:add("calibration_sharpness", best.sharpness)
  parts.steps = steps
  local recall = rare_recall(parts.train, report)
  if recall then summary:add("rarest_ten_recall", recall) end
  ctx:table(report:sort("-support", "family"), { name = "report", title = "Families: precision, recall, F1" })
  local confusion = scores.confusion:rename("family = truth"):sort("-count", "family", "predicted"):collect()
  ctx:table(confusion, { name = "confusion", title = "Which family was taken for which" })
  ctx:chart { name = "confusion", kind = "heatmap", title = "Families and what they were taken for", x = "predicted",
    y = "family", size = "count", data = confusion, note = "rows of the test; the diagonal is right" }
  return predicted, model
end

-- Rows of families that the model doesn't have: from which share of small families on, or below which probability, it
-- calls them unknown, chosen on the slice of training so that so many known ones are called that, too; and what came of it.
local function about_unknown(ctx, parts, best, model, predicted, summary)
  local families = parts.train:distinct "family"
  local strange = lunette.concat { parts.small, parts.raw_test:anti_join(families, "family") }
    :filter("first_seen >= $cut", { cut = parts.cut }):collect()
  summary:add("unknown_rows", #strange)
  summary:add("unknown_promised_false_alarms", ctx.params.unknown_alarms)
  local when, found = { from = parts.cut, cut = parts.cut }, nil
  if #strange > 0 then
    local data = classify.with_history(lunette.concat { parts.raw_train, strange }:collect(),
      { cut = parts.cut, half_life = ctx.params.half_life })
    local proba = learn.mix({ { models.proba(model, data, when), 1 } }, best.sharpness)
    found = { predicted = learn.decide(strange, proba), other = models.others(model, data, when) }
  end
  local known = { predicted = predicted, other = models.others(model, parts.known, when), families = families }
  local lines = drift.unknown(best, known, found, ctx.params.unknown_alarms)
  for _, line in ipairs(lines) do summary:add(line[1], line[2]) end
end

local function about_drift(ctx, parts, summary)
  local features = drift.features(parts.train, parts.test):collect()
  for row in features:rows() do summary:add("drift_" .. row.feature, row.divergence) end
  ctx:table(features, { name = "drift", title = "How far features moved from training to test" })
  ctx:table(drift.families(parts.train, parts.test), { name = "family_drift", title = "How families' shares moved" })
end

-- The rows of the test whose address training doesn't have.
local function about_new_hosts(parts, predicted, summary)
  local new = predicted:anti_join(parts.train, "ip"):collect()
  summary:add("new_hosts_rows", #new)
  if #new == 0 then return end
  local scores = score_of(new)
  summary:add_scores("new_hosts_", { accuracy = scores.accuracy, macro_f1 = scores.macro_f1 })
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

-- What the test says of the model, in a sentence.
local function accepted_text(n, achieved, promised)
  if not achieved.achieved_accuracy then
    return ("Of none of the %s later IOCs can the family be told surely enough"):format(words.number(n))
  end
  return ("The family of %s of the %s later IOCs can be told, and is right for %s of these (%s were promised)"):format(
    words.percent(achieved.achieved_coverage), words.number(n), words.percent(achieved.achieved_accuracy), words.percent(promised))
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
part of the training time, never on the test, and so are the probabilities from which on a prediction is accepted:
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
    evidence = { type = "bool", default = true, doc = "Also try a model that weighs what the past says for each family." },
    evidence_rows = { type = "int", default = 12000, min = 100, doc = "About how many rows it learns from." },
    caution = { type = "float", default = 0.25, min = 0, max = 5,
      doc = "Standard errors that accuracy must be above what is wanted where thresholds are chosen." },
    trust = { type = "bool", default = true,
      doc = "Multiply probabilities by how much more often the predicted family was right than they said where thresholds are chosen." },
    walk_caution = { type = "float", default = 0.25, min = 0, max = 5, doc = "The same in the walk-forward." },
    walk_shift = { type = "float", default = 7, min = 0,
      doc = "Days after which it counts half how often families came in the walk-forward, beside what their probabilities said, "
        .. "which corrects later ones; 0: nothing is corrected." },
    bulk = { type = "float", default = 0.5, min = 0, max = 1,
      doc = "A day's n rows weigh as n to this power where thresholds are chosen and the walk-forward corrected; 1: each row the same." },
    gap = { type = "float", default = 30, min = 0, doc = "Days before the last part of training that is known when settings are chosen." },
    calibrate = { type = "bool", default = true, doc = "Sharpen or flatten probabilities as suits the last part of training." },
    others = { type = "bool", default = true,
      doc = "Let evidence know the families below min_count as one, so that what is like them is called unknown." },
    slices = { type = "int", default = 2, min = 1, max = 10,
      doc = "Parts of the training time, the last ones, on which thresholds are chosen." },
    unknown_alarms = { type = "float", default = 0.05, min = 0, max = 0.5,
      doc = "Share of known families' rows that may be taken for unknown." },
    half_life = { type = "float", default = 60, min = 0, doc = "Days after which what was known counts half; 0: never." },
    recency = { type = "float", default = 0, min = 0,
      doc = "Days after which a row counts half in training a forest; 0: only where a setting that is tried says so." },
    balanced = { type = "bool", default = false, doc = "Let all families weigh the same in training." },
    walk_forward = { type = "bool", default = true, doc = "Also go through the test time month by month." },
    model = { type = "int", default = 0, min = 0, doc = "0 chooses among the settings in the table `choices`; else its number." },
    features = { type = "string", default = "", doc = "Columns to learn from, with commas between; empty: the usual ones." },
    accept = { type = "float", default = 0.95, min = 0.5, max = 1, doc = "Accuracy that accepted verdicts are to have." },
    n_trees = { type = "int", default = 40, min = 1, max = 10000, doc = "Trees of the final forest." },
    importance_rows = { type = "int", default = 150, min = 1, doc = "Test rows that the importance is measured on." },
    seed = { type = "int", default = 1, doc = "Start of the pseudo-random numbers." },
    threat_type = ioc.threat_type,
  },
  example = {
    input = "sample", params = { min_count = 50, n_trees = 20, walk_forward = false },
    expect = { tables = { report = true, confusion = true, importance = true, summary = true } },
  },

  run = function(ctx)
    local params = ctx.params
    local data, small = prepare(ctx)
    local families = data:distinct "family"
    if #families < 2 then too_few(ctx, data, small) end
    local base = classify.features(params.features, data)
    local full = { base = base, n_trees = params.n_trees, seed = params.seed, balanced = params.balanced,
      evidence_rows = params.evidence_rows, half_life = params.half_life, recency = params.recency,
      small = params.others and #small > 0 and small or nil }
    local quick = setmetatable({ n_trees = math.min(QUICK_TREES, params.n_trees) }, { __index = full })
    local cut = cut_of(data, params.train_share)
    local known = classify.with_history(data, { cut = cut, half_life = params.half_life })
    local parts = { cut = cut, known = known, train = before(known, cut), test = from(known, cut), small = small,
      raw_train = before(data, cut), raw_test = from(data, cut) }
    if #parts.train < 2 or #parts.test < 1 or #parts.train:distinct "family" < 2 then
      error(("%d IOCs of %d families don't suffice: %d of them are from before %s, which would train, and %d are not; there must "
        .. "be two families before it and something to test on after it"):format(#data, #families, #parts.train, tostring(cut),
        #parts.test), 0)
    end
    local summary = tables.summary()
    summary:add("rows", #data)
    summary:add("families", #families)
    summary:add("rows_of_small_families", #small)
    summary:add("train_rows", #parts.train)
    summary:add("test_rows", #parts.test)
    local best, best_walk, tried = choose.best(ctx, parts.raw_train, quick)
    local predicted, model = fixed_cut(ctx, parts, best, summary, full)
    about_importance(ctx, parts, model, best.sharpness)
    local thresholds = abstain.achieve(abstain.thresholds(best.judged, WANTED, params), predicted)
    summary:add_coverage("", thresholds)
    about_unseen(ctx, parts, summary)
    about_new_hosts(parts, predicted, summary)
    about_unknown(ctx, parts, best, model, predicted, summary)
    about_drift(ctx, parts, summary)
    local majority, by_port = baselines(parts.train, parts.test)
    summary:add_scores("majority_", { accuracy = majority.accuracy, macro_f1 = majority.macro_f1 })
    summary:add_scores("port_only_", { accuracy = by_port.accuracy, macro_f1 = by_port.macro_f1 })
    local some, others = learn.random_split(data, params.train_share, params.seed)
    local plain = models.fit(classify.CANDIDATES[1], some:collect(), cut, quick)
    local random = score_of(learn.decide(others, plain.forests[1]:predict_proba(others:collect())))
    summary:add_scores("random_split_", { accuracy = random.accuracy, macro_f1 = random.macro_f1 })
    local coverage, tests = tables.coverage(thresholds, "fixed cut"), { { "fixed cut", predicted } }
    if params.walk_forward then
      local walked, windows, raw = walk_forward(ctx, data, cut, best_walk, quick, model.evidence)
      local scores = score_of(walked)
      summary:add_scores("walk_forward_", { accuracy = scores.accuracy, macro_f1 = scores.macro_f1 })
      summary:add("walk_forward_aut", area(windows))
      local uncorrected = score_of(raw)
      summary:add_scores("walk_forward_uncorrected_", { accuracy = uncorrected.accuracy, macro_f1 = uncorrected.macro_f1 })
      local again = rolling.thresholds(best_walk.judged, walked, WANTED, params.walk_caution, choose.RECENT,
        params.bulk)
      summary:add_coverage("walk_forward_", again)
      coverage = coverage:concat(tables.coverage(again, "walk-forward"))
      local shown = tables.windows(windows):collect()
      ctx:table(shown, { name = "windows", title = "Month by month" })
      figures.months(ctx, windows)
      tests[2] = { "walk-forward", walked }
    end
    figures.coverage(ctx, tests)
    ctx:table(summary:table(), { name = "summary", title = "All figures" })
    ctx:table(parts.steps, { name = "calibration", title = "How often predictions of a probability are right" })
    ctx:table(coverage, { name = "coverage", title = "What was promised and what was achieved when abstaining" })
    ctx:table(choose.table(tried, best, best_walk), { name = "choices", title = "Settings tried on the last part of the training time" })
    local accept = abstain.thresholds(best.judged, { params.accept }, params)[1]
    ctx:table(tables.verdicts(predicted, accept), { name = "verdicts", title = "Each IOC of the test time" })
    ctx:metric { name = "cut", value = cut, title = "Training ends" }
    ctx:metric { name = "model", value = best.candidate.name, title = "Chosen settings",
      note = ("of %d tried, by how they did in the last part of the training time"):format(#tried) }
    local achieved = abstain.achieve({ accept }, predicted)[1]
    ctx:finding { severity = "info", title = accepted_text(#parts.test, achieved, params.accept), chart = "curve" }
  end,
}
