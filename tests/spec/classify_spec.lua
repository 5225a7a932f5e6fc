-- The classification of IOCs: what it reports, what it refuses, and that nothing of the future gets in.
local lunette = require "lunette"

local FAMILIES = { "QakBot", "Emotet", "Dridex" }
local PORTS = { 995, 8080, 443 }

-- IOCs of three families: the port says it three times out of four, the network nearly always.
local function iocs(n)
  local columns = { family = {}, first_seen = {}, ip = {}, port = {}, country = {}, asn = {}, as_name = {}, lat = {},
    lon = {}, reporter = {}, confidence = {}, city = {}, country_name = {} }
  local state = 1
  local function random(k)
    state = (state * 1103515245 + 12345) & 0x7fffffff
    return (state >> 8) % k
  end
  local start = lunette.time "2024-01-01"
  for i = 1, n do
    local f = random(3) + 1
    columns.family[i], columns.first_seen[i] = FAMILIES[f], start + i * 21600
    columns.ip[i] = ("10.%d.%d.%d"):format(f * 20 + random(10), random(4), random(250) + 1)
    columns.port[i] = PORTS[random(4) > 0 and f or random(3) + 1]
    columns.asn[i], columns.country[i] = 100 + (random(5) > 0 and f or random(3)), "XX"
    columns.as_name[i], columns.lat[i], columns.lon[i] = "net " .. columns.asn[i], 1.0 * random(9), 1.0 * random(9)
    columns.city[i], columns.country_name[i] = "X", "X"
    columns.reporter[i], columns.confidence[i] = "reporter of " .. FAMILIES[f], 50
  end
  local list = {}
  local types = { first_seen = "time", ip = "ip", lat = "float", lon = "float" }
  for name, values in pairs(columns) do list[#list + 1] = { name = name, type = types[name], values = values } end
  table.sort(list, function(a, b) return a.name < b.name end)
  return lunette.table(list)
end

local data = iocs(900)
local QUICK = { min_count = 20, n_trees = 15, importance_rows = 60 }

local function run(input, given)
  local params = {}
  for name, value in pairs(QUICK) do params[name] = value end
  for name, value in pairs(given or {}) do params[name] = value end
  return lunette.run("classify", input, params)
end

local function summary(report)
  local out = {}
  for row in report:table("summary"):rows() do out[row.metric] = row.value end
  return out
end

local function message(fn, ...)
  local ok, e = pcall(fn, ...)
  assert.is_false(ok)
  return tostring(e)
end

describe("classify", function()
  local report = run(data)
  local figures = summary(report)

  it("has the tables that it promises", function()
    local columns = {
      report = { "family", "precision", "recall", "f1", "support" }, confusion = { "family", "predicted", "count" },
      importance = { "feature", "permutation", "spread", "gain" }, summary = { "metric", "value" },
    }
    for name, wanted in pairs(columns) do
      local names = {}
      for i, field in ipairs(report:table(name):schema()) do names[i] = field.name end
      assert.same(wanted, names)
    end
    local support = 0
    for row in report:table("report"):rows() do support = support + row.support end
    assert.equal(figures.test_rows, support)
  end)

  it("learns what there is to be learned", function()
    assert.is_true(figures.accuracy > 0.8, figures.accuracy)
    assert.is_true(figures.accuracy > figures.port_only_accuracy)
    assert.is_true(figures.port_only_accuracy > figures.majority_accuracy)
    assert.is_true(figures.walk_forward_accuracy > 0.8)
  end)

  it("trains on what is strictly before the test", function()
    assert.equal(900, figures.train_rows + figures.test_rows)
    local cut
    for _, item in ipairs(report.metrics) do
      if item.name == "cut" then cut = item.value end
    end
    for row in report:table("verdicts"):rows() do assert.is_true(row.first_seen >= cut) end
    assert.equal(figures.test_rows, #report:table "verdicts")
  end)

  it("accepts only from the chosen probability on, and says why", function()
    for row in report:table("verdicts"):rows() do
      assert.is_true(row.verdict == "accept" or row.verdict == "abstain")
      assert.matches("AS", row.evidence)
    end
    for row in report:table("coverage"):rows() do
      assert.is_true(not row.promised_accuracy or row.promised_accuracy >= row.wanted)
    end
    local seen
    for row in report:table("verdicts"):rows() do
      seen = seen or row.evidence:match "its /24 was seen as %a+, last on 2024%-%d%d%-%d%d"
    end
    assert.is_string(seen)
  end)

  it("isn't moved by what the test rows' families are", function()
    local cut = lunette.time "2024-07-10 12:00:00" -- where the training ends
    local changed = data:derive("family = if_else(first_seen >= $cut, 'Emotet', family)", { cut = cut })
    local wants = { model = 5, walk_forward = false, train_share = 0.85 }
    local before, after = run(data, wants):table "verdicts", run(changed, wants):table "verdicts"
    assert.same(before:column("predicted"):values(), after:column("predicted"):values())
    assert.same(before:column("probability"):values(), after:column("probability"):values())
  end)

  it("refuses columns that are filled in after listing", function()
    assert.matches("'reporter' can't be a feature", message(run, data, { features = "port,reporter" }))
    for _, name in ipairs { "tags", "reference", "confidence", "last_seen", "id", "malware", "family" } do
      assert.matches("can't be a feature", message(run, data, { features = name }))
    end
    for _, name in ipairs { "Tags", "last_seen_utc", "ioc_id", "confidence_level", "malware_printable", "Reporter" } do
      assert.matches("can't be a feature", message(run, data, { features = name }))
    end
    local renamed = data:derive("who = reporter", "comment = upper(reporter)", "note = 'seen as ' .. lower(family) .. '!'",
      "web = string(port)")
    assert.matches("'who' can't be a feature: it is 'reporter' under another name", message(run, renamed, { features = "who" }), 1, true)
    assert.matches("it is 'reporter' under another name", message(run, renamed, { features = "port,comment" }), 1, true)
    assert.matches("'note' can't be a feature: it has the family's name in it", message(run, renamed, { features = "note" }), 1, true)
    local coded = data:derive("code = if_else(family == 'QakBot', 7, if_else(family == 'Emotet', 3, 12))",
      "hint = if_else(port == 995, null, sub(family, 2, 4))", "noisy = if_else(lat < 1, 5, len(as_name))", "added = first_seen")
    for _, name in ipairs { "code", "hint" } do
      assert.matches("'" .. name .. "' can't be a feature: each of its values is one family's",
        message(run, coded, { features = name }), 1, true)
    end
    assert.matches("tells when the IOC was listed", message(run, coded, { features = "first_seen" }), 1, true)
    assert.matches("'first_seen' under another name", message(run, coded, { features = "added" }), 1, true)
    assert.is_table(run(coded, { features = "port,noisy", history = false, walk_forward = false }))
    assert.is_true(summary(run(renamed, { features = "web", history = false, walk_forward = false })).accuracy > 0.6)
    assert.matches("no column 'prt' to be a feature (did you mean 'port'?)", message(run, data, { features = "prt" }), 1, true)
    assert.is_true(summary(run(data, { features = "port", history = false, walk_forward = false })).accuracy > 0.6)
  end)

  it("names the threat types that there are where there is none of the wanted one", function()
    local typed = data:derive "threat_type = if_else(port == 443, 'botnet_cc', 'payload_delivery')"
    assert.matches("no IOC is of the threat_type 'c2': there are botnet_cc, payload_delivery; threat_type=all",
      message(run, typed, { threat_type = "c2" }), 1, true)
  end)

  it("tries evidence of the past only when it is wanted", function()
    local function tried(given)
      local names = {}
      for row in run(data, given):table("choices"):rows() do names[#names + 1] = row.model end
      return table.concat(names, "; ")
    end
    assert.matches("evidence", tried { walk_forward = false })
    assert.is_nil(tried({ walk_forward = false, evidence = false }):find "evidence")
    assert.equal("as in the article", tried { walk_forward = false, history = false })
  end)

  it("has months whose families add up to the windows, also those that were only said", function()
    local gone = data:derive("family = if_else(first_seen >= '2024-08-01' and family == 'Dridex', 'Emotet', family)")
    local later = run(gone, { n_trees = 3, model = 2 })
    assert.is_true(#later:table "months":filter "support == 0" > 0)
    for _, one in ipairs { report, later } do
      local sums = {}
      for row in one:table("months"):group_by("start"):agg("rows = sum(support)", "macro_f1 = mean(f1)",
        "right = sum(recall * support)"):rows() do sums[tostring(row.start)] = row end
      for row in one:table("windows"):rows() do
        local sum = sums[tostring(row.start)]
        assert.equal(row.rows, sum.rows)
        assert.near(row.macro_f1, sum.macro_f1, 1e-12)
        assert.near(row.accuracy * row.rows, sum.right, 1e-6)
      end
    end
  end)

  it("says how far features and families moved", function()
    local far = {}
    for row in report:table("drift"):rows() do far[row.feature] = row.divergence end
    assert.is_true(far.port < far["ip/24"])
    local shares = 0
    for row in report:table("family_drift"):rows() do shares = shares + row.test_share end
    assert.near(1, shares, 1e-9)
  end)

  it("has each family's F1 in each window, and how often a probability is right", function()
    local rows = 0
    for row in report:table("months"):rows() do rows = rows + row.support end
    assert.equal(figures.test_rows, rows)
    local n = 0
    for row in report:table("calibration"):rows() do
      n = n + row.rows
      assert.is_true(row.probability >= row.from and row.probability <= row.from + 0.1 + 1e-9)
    end
    assert.equal(figures.test_rows, n)
    assert.is_true(figures.calibration_error >= 0 and figures.calibration_error <= 1)
  end)

  it("counts the rows of families that it doesn't know, and those that it takes for such", function()
    local few = data:derive("family = if_else(first_seen >= $cut and port == 443, 'Rare', family)",
      { cut = lunette.time "2024-08-10" })
    local s = summary(run(few, { walk_forward = false, min_count = 40, unknown_alarms = 0.1 }))
    assert.is_true(s.unknown_rows > 0)
    assert.is_true(s.unknown_recall >= 0 and s.unknown_recall <= 1)
    assert.equal(0.1, s.unknown_promised_false_alarms)
    assert.is_true(s.unknown_false_alarms < 0.6)
  end)

  it("knows families that are too small to be told from each other for what they are", function()
    -- Servers of small families share a port that no other has.
    local few = data:derive("family = if_else(port == 443 and asn == 102, 'Rare ' .. string(day(first_seen) % 4), family)",
      "port = if_else(port == 443 and asn == 102, 6667, port)")
    local s = summary(run(few, { walk_forward = false, min_count = 60, model = 5 }))
    assert.is_true(s.unknown_rows > 5, s.unknown_rows)
    assert.is_true(s.unknown_recall > 0.9, s.unknown_recall)
    assert.is_true(s.unknown_false_alarms < 0.2, s.unknown_false_alarms)
    assert.is_number(s.unknown_recall_by_probability)
    local without = summary(run(few, { walk_forward = false, min_count = 60, model = 5, others = false }))
    assert.is_true(without.unknown_recall < s.unknown_recall)
    assert.is_nil(without.unknown_recall_by_probability)
  end)

  it("chooses thresholds on as many parts of the training time as are wanted", function()
    local noisy = data:derive "family = if_else((day(first_seen) * 7 + hour(first_seen)) % 5 == 0, 'Dridex', family)"
    local promised = {}
    for _, slices in ipairs { 1, 2, 3 } do
      for row in run(noisy, { walk_forward = false, slices = slices }):table("coverage"):rows() do
        if row.wanted == 0.9 then promised[slices] = row.promised_coverage end
      end
    end
    assert.are_not.equal(promised[1], promised[2])
    assert.are_not.equal(promised[2], promised[3])
    assert.is_true(#run(data:head(60), { min_count = 5, slices = 10, walk_forward = false }):table "coverage" > 0)
  end)

  it("lets training rows fade, and says how it does on servers that training doesn't have", function()
    local faded = run(data, { recency = 30, evidence = false })
    assert.are.equal(30, faded.params.recency)
    assert.are_not.equal(summary(run(data, { evidence = false })).log_loss, summary(faded).log_loss)
    local known = data:filter("first_seen < $cut", { cut = report.metrics[1].value })
    local new = report:table("verdicts"):anti_join(known, "ip"):agg("n = count()", "hits = count() where predicted == family"):first()
    assert.are.equal(new.n, figures.new_hosts_rows)
    assert.is_true(math.abs(new.hits / new.n - figures.new_hosts_accuracy) < 1e-9)
  end)

  it("corrects later days of the walk-forward by what came of earlier ones", function()
    local shift = require "lunette.kit.classify_shift"
    -- Two days of four rows; the model says a and b alike, b it is, and once what the model doesn't know.
    local times, proba = {}, { a = {}, b = {} }
    for i = 1, 8 do
      times[i] = lunette.time(i <= 4 and "2024-05-01 10:00:00" or "2024-05-08")
      proba.a[i], proba.b[i] = 0.5, 0.5
    end
    local rows = lunette.table { { name = "first_seen", values = times },
      { name = "family", values = { "b", "b", "b", "c", "a", "a", "a", "a" } } }
    local said = lunette.table { { name = "a", values = proba.a }, { name = "b", values = proba.b } }
    local function corrected(bulk)
      local out = shift.new(7, bulk):correct(rows, said)
      assert.same({ 0.5, 0.5, 0.5, 0.5 }, { table.unpack(out:column("b"):values(), 1, 4) }) -- nothing was known then
      return out:column("a")[8], out:column("b")[8]
    end
    -- Both were expected twice, b came three times; a week later that counts half.
    local a, b = corrected(1)
    assert.near(0.5 * (0 + 1) / (1 + 1), a, 1e-12)
    assert.near(0.5 * (1.5 + 1) / (1 + 1), b, 1e-12)
    a, b = corrected(0.5) -- four rows of a day weigh as two
    assert.near(0.5 * (0 + 1) / (0.5 + 1), a, 1e-12)
    assert.near(0.5 * (0.75 + 1) / (0.5 + 1), b, 1e-12)
    local halves = shift.new(7, 1) -- the same in two steps
    halves:correct(rows:head(4), said:head(4))
    assert.near(0.25, halves:correct(rows:tail(4), said:tail(4)):column("a")[4], 1e-12)
    local off = summary(run(data, { walk_shift = 0 }))
    assert.are.equal(off.walk_forward_uncorrected_accuracy, off.walk_forward_accuracy)
    assert.are.equal(off.walk_forward_uncorrected_accuracy, figures.walk_forward_uncorrected_accuracy)
    assert.are.equal(off.accuracy, figures.accuracy)
  end)

  describe("a threshold", function()
    local abstain = require "lunette.kit.classify_abstain"
    local rolling = require "lunette.kit.classify_rolling"
    -- Predictions of a day: lists of probability, family, predicted, how often.
    local function predictions(day, ...)
      local columns = { {}, {}, {}, {} }
      for _, line in ipairs { ... } do
        for _ = 1, line[4] do
          local i = #columns[1] + 1
          columns[1][i] = lunette.time(("2024-05-%02d"):format(day))
          columns[2][i], columns[3][i], columns[4][i] = line[2], line[3], line[1]
        end
      end
      return lunette.table { { name = "first_seen", values = columns[1] }, { name = "family", values = columns[2] },
        { name = "predicted", values = columns[3] }, { name = "probability", values = columns[4] } }
    end

    it("is chosen anew for each day, by what was known the day before", function()
      -- Rows of 0.8 are right before the first day and wrong on it; by the second day that is known.
      local before = predictions(1, { 0.8, "a", "a", 40 })
      local walked = lunette.concat { predictions(2, { 0.8, "b", "a", 40 }), predictions(3, { 0.8, "b", "a", 40 }) }:collect()
      local once = abstain.achieve(abstain.thresholds(before, { 0.9 }), walked)[1]
      local again = rolling.thresholds(before, walked, { 0.9 }, 0, 40)[1]
      assert.are.equal(1.0, once.achieved_coverage)
      assert.are.equal(0.5, again.achieved_coverage)
      assert.are.equal(0.0, again.achieved_accuracy)
      assert.are.equal(0.5, again.coverage)
      assert.are.equal(1.0, again.accuracy)
    end)

    it("is for all families together, and a greater one for a family that needs it", function()
      local slice = predictions(1, { 0.9, "a", "a", 60 }, { 0.8, "b", "b", 20 }, { 0.7, "a", "b", 4 }, { 0.6, "a", "c", 90 })
      local t = abstain.thresholds(slice, { 0.9 })[1]
      local least = {}
      for row in t.least:rows() do least[row.predicted] = row.least end
      assert.same({ a = 0.9, b = 0.8, c = 0.7 }, least)
      assert.are.equal(0.7, t.default)
      assert.are.equal(80 / 174, t.coverage)
      assert.are.equal(1.0, t.accuracy)
      assert.are.equal(2, t.families)
      assert.are.equal(0.0, abstain.achieve(abstain.thresholds(predictions(1, { 0.9, "a", "b", 30 }), { 0.9 }), slice)[1].achieved_coverage)
    end)

    it("weighs days and families at the fixed cut, too", function()
      local days = { predictions(1, { 0.8, "a", "a", 400 }) }
      for day = 2, 11 do days[day] = predictions(day, { 0.8, "b", "b", 2 }, { 0.8, "a", "b", 2 }) end
      local slice = lunette.concat(days):collect()
      local plain = abstain.thresholds(slice, { 0.9 })[1]
      assert.near(420 / 440, plain.accuracy, 1e-12)
      assert.are.equal(1.0, plain.coverage)
      assert.are.equal(0.0, abstain.thresholds(slice, { 0.9 }, { bulk = 0.5 })[1].coverage)
      -- The days of a weigh 20, those of b 2 each; a was always right, b every other time.
      local trusted = abstain.thresholds(slice, { 0.9 }, { bulk = 0.5, trust = true })[1]
      assert.near(20 / 40, trusted.coverage, 1e-12)
      assert.are.equal(1.0, trusted.accuracy)
      local all = (20 + 10) / (0.8 * 40)
      local of_a, of_b = (20 + 20 * all) / (16 + 20), (10 + 20 * all) / (16 + 20)
      local least = {}
      for row in trusted.least:rows() do least[row.predicted] = row.least end
      assert.near(0.8, least.a, 1e-12)
      assert.near(0.8 * of_a / of_b, least.b, 1e-12)
      assert.near(0.8 * of_a / all, trusted.default, 1e-12)
      local achieved = abstain.achieve({ trusted }, slice)[1]
      assert.near(400 / 440, achieved.achieved_coverage, 1e-12)
    end)

    it("trusts families by how often they were right", function()
      -- Both are predicted with 0.7; a is always right, b every other time.
      local before = predictions(1, { 0.7, "a", "a", 100 }, { 0.7, "b", "b", 50 }, { 0.7, "c", "b", 50 })
      local t = rolling.thresholds(before, predictions(2, { 0.7, "a", "a", 10 }, { 0.7, "c", "b", 10 }), { 0.95 }, 0, 1000)[1]
      assert.are.equal(0.5, t.achieved_coverage)
      assert.are.equal(1.0, t.achieved_accuracy)
      assert.are.equal(1, t.families)
      assert.are.equal(0.5, t.coverage)
    end)

    it("doesn't let a bulk list decide what is accepted", function()
      -- 400 servers of one list were all right; on ten days since, two of four were.
      local days = { predictions(1, { 0.8, "a", "a", 400 }) }
      for day = 2, 11 do days[day] = predictions(day, { 0.8, "a", "a", 2 }, { 0.8, "b", "a", 2 }) end
      local before, walked = lunette.concat(days):collect(), predictions(12, { 0.8, "b", "a", 8 })
      local function accepted(bulk, wanted)
        local t = rolling.thresholds(before, walked, { wanted }, 0, 1000, bulk)[1]
        return t.achieved_coverage, t.accuracy
      end
      local share, promised = accepted(1, 0.95)
      assert.are.equal(1.0, share)
      assert.near(420 / 440, promised, 1e-12)
      assert.are.equal(0.0, (accepted(0.5, 0.95)))
      share, promised = accepted(0.5, 0.7)
      assert.are.equal(1.0, share)
      assert.near((20 + 10) / (20 + 20), promised, 1e-12)
    end)
  end)

  it("says when there is nothing to learn", function()
    assert.matches("fewer than two families have 5,000 IOCs.*min_count=%d+ leaves two", message(run, data, { min_count = 5000 }))
    assert.matches("of 900 rows %d+ have a family.*all of QakBot; there is nothing to tell apart",
      message(run, data:derive "family = if_else(family == 'QakBot', family, null)"))
    local timeless = data:derive("first_seen = if_else(port == 995, first_seen, null)"):head(30)
    assert.matches("of 30 rows %d+ have a family, a time and an address", message(run, timeless))
    assert.matches("of 0 rows 0 have", message(run, data:head(0)))
  end)

  it("names the families that training doesn't have", function()
    local late = data:derive("family = if_else(first_seen >= $cut and family == 'Dridex', 'Newcomer', family)",
      { cut = lunette.time "2024-07-20" })
    local rows = {}
    for row in run(late, { walk_forward = false, min_count = 5 }):table("unseen"):rows() do rows[#rows + 1] = row.family end
    assert.same({ "Newcomer" }, rows)
  end)
end)
