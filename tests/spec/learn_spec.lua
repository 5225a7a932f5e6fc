local lunette = require "lunette"

local learn = lunette.learn

local function message(fn, ...)
  local ok, e = pcall(fn, ...)
  assert.is_false(ok)
  return tostring(e)
end

local flowers = lunette.table {
  { name = "petal", values = { 1.4, 1.3, 1.5, 4.7, 4.5, 4.9, 6.0, 5.1, 5.9, 5.6 } },
  { name = "place", values = { "a", "a", "b", "b", "c", "c", "c", "b", "d", "d" } },
  { name = "kind", values = { "s", "s", "s", "v", "v", "v", "g", "g", "g", "g" } },
}
local wanted = { target = "kind", features = { "petal", "place" } }

describe("a model", function()
  it("predicts, with the probability of what it predicts", function()
    local predicted = learn.tree():fit(flowers, wanted):predict(flowers)
    for row in predicted:rows() do
      assert.equal(row.kind, row.predicted)
      assert.equal(1, row.probability)
    end
    assert.same({ "g", "s", "v" }, learn.forest({ n_trees = 5 }):fit(flowers, wanted):classes())
  end)

  it("is the same again with the same seed, another one with another", function()
    local function probabilities(seed)
      return learn.forest({ n_trees = 9, seed = seed }):fit(flowers, wanted):predict_proba(flowers):column("g"):values()
    end
    assert.same(probabilities(1), probabilities(1))
    assert.not_same(probabilities(1), probabilities(2))
  end)

  it("can be read as rules", function()
    local rules = learn.tree({ max_depth = 1 }):fit(flowers, wanted):rules()
    assert.equal("petal <= 5.0 or null: 's' 50.0 %, 'v' 50.0 % of 6 rows\npetal > 5.0: 'g' 100.0 % of 4 rows\n", rules)
  end)

  it("shows a row's path, its nearest training rows, and all of itself as JSON", function()
    local tree = learn.tree():fit(flowers, wanted)
    assert.equal("petal <= 5.0 or null\npetal <= 3.0\nleaf: 's' 100.0 % of 3 rows\n", tree:path(flowers, 1))
    local forest = learn.forest({ n_trees = 30 }):fit(flowers, wanted)
    local near = forest:nearest(flowers, 7, flowers, 3)
    assert.equal(3, #near)
    assert.equal(1, near:column("nearness")[1])
    for row in near:rows() do assert.equal("g", row.kind) end
    local json = tree:json()
    assert.matches('^{"learner":"tree","regression":false,"rows":10,"target":"kind","classes":%["g","s","v"%]', json)
    assert.matches('"trees":%[\n%[{"feature":0,"left":1,"right":2,"at_most":5,"missing":"left"}', json)
    local boosted = learn.boosting({ n_trees = 2 }):fit(flowers, wanted):json()
    assert.equal(6, select(2, boosted:gsub("\n%[", "")))
    assert.matches("no row 11 or no tree 1", message(tree.path, tree, flowers, 11))
  end)

  it("counts rows by the weights of their classes and their own", function()
    local data = lunette.table { { name = "a", values = { 1, 1, 1, 5 } }, { name = "w", values = { 2, 1, 1, 1 } },
      { name = "y", values = { "p", "q", "q", "r" } }, { name = "n", values = { 1, 2, 2, 3 } },
      { name = "b", values = { true, false, false, true } } }
    local function shares(fit, column, options)
      fit.features = { "a" }
      return learn.tree(options):fit(data, fit):predict_proba(data):column(column)[1]
    end
    assert.near(1 / 3, shares({ target = "y" }, "p"), 1e-6)
    assert.near(4 / 6, shares({ target = "y", class_weights = { p = 4 } }, "p"), 1e-6)
    assert.near(8 / 10, shares({ target = "y", class_weights = { p = 4 }, weights = "w" }, "p"), 1e-6)
    assert.near(1, shares({ target = "n", class_weights = { [1] = 0.5, [2.0] = 0 } }, "1"), 1e-6)
    assert.near(3 / 5, shares({ target = "b", class_weights = { [false] = 0.25, [true] = 0.75 } }, "true"), 1e-6)
    local function why(fit, options) return message(shares, fit, "p", options) end
    assert.matches("no row is of the class 'pp'", why { target = "y", class_weights = { pp = 1 } })
    assert.matches("the weight of 'p' is %-1, not a number from 0 on", why { target = "y", class_weights = { p = -1 } })
    assert.matches("no column 'yy'", why { target = "yy", class_weights = { p = 1 } })
    assert.matches("don't go together", why({ target = "y", class_weights = { p = 1 } }, { balanced = true }))
  end)

  it("explains a prediction by contributions that sum to the probability", function()
    local forest = learn.forest({ n_trees = 30 }):fit(flowers, wanted)
    local sum = 0
    for row in forest:explain(flowers, 4, "v"):rows() do sum = sum + row.contribution end
    assert.near(forest:predict_proba(flowers):column "v"[4], sum, 1e-6)
    assert.matches("no class 'x'", message(forest.explain, forest, flowers, 1, "x"))
  end)

  it("is the same after it was saved and loaded", function()
    local path = os.tmpname()
    local forest = learn.extra_trees({ n_trees = 4 }):fit(flowers, wanted)
    forest:save(path)
    local back = learn.load(path)
    assert.same(forest:predict_proba(flowers):column("s"):values(), back:predict_proba(flowers):column("s"):values())
    assert.same(forest:info(), back:info())
    io.open(path, "w"):write "LNTMODEL":close()
    assert.matches("is no saved model", message(learn.load, path))
    os.remove(path)
  end)

  it("says what it doesn't understand", function()
    assert.matches("no option 'n_tree'", message(learn.forest, { n_tree = 5 }))
    assert.matches("must be a number", message(learn.forest, { n_trees = "5" }))
    assert.matches("n_trees must be above 0", message(learn.forest, { n_trees = 0 }))
    assert.matches("held_share must be above 0", message(learn.boosting, { held_share = 0 }))
    assert.matches("'criterion' is one of entropy, gini, not 'giny' (did you mean 'gini'?)", message(learn.forest, { criterion = "giny" }),
      1, true)
    assert.matches("lunette.learn has no 'forrest' (did you mean 'forest'?)", message(function() return learn.forrest end), 1, true)
    local function fit_fails(kind, said, given, settings)
      for name, value in pairs(wanted) do given[name] = given[name] or value end
      assert.matches(said, message(function() learn[kind](settings):fit(flowers, given) end), 1, true)
    end
    fit_fails("boosting", "no column 'plce' for the time (did you mean 'place'?)", { time = "plce" })
    fit_fails("forest", "the column 'place' is string, not time", { time = "place" })
    fit_fails("tree", "the category 'plac' is not among the features (did you mean 'place'?)", { categories = { "plac" } })
    fit_fails("boosting", "l2 and category_l2 must be finite", {}, { l2 = math.huge })
    local model = learn.tree():fit(flowers:derive "kind = 'iris ' .. kind", wanted)
    assert.matches("a model has no 'predikt' (did you mean 'predict'?)", message(function() return model.predikt end), 1, true)
    assert.matches("the model has no class 'irs v' (did you mean 'iris v'?)", message(model.explain, model, flowers, 1, "irs v"), 1, true)
    assert.matches("explain: the row is a whole number, not first", message(model.explain, model, flowers, "first"), 1, true)
    assert.matches("nearest: the row is a whole number, not nil", message(model.nearest, model, flowers, nil, flowers), 1, true)
    assert.matches("needs features", message(learn.tree().fit, learn.tree(), flowers, { target = "kind" }))
    assert.matches("no column 'petals'.*did you mean 'petal'", message(learn.tree().fit, learn.tree(), flowers,
      { target = "kind", features = { "petals" } }))
    assert.matches("which is a feature of the model", message(function()
      learn.tree():fit(flowers, wanted):predict(flowers:drop "place")
    end))
  end)
end)

-- ---- against scikit-learn ----

local has_sklearn = os.execute "/usr/bin/python3 -c 'import sklearn, pandas' 2> /dev/null"

-- Runs Python on a CSV file of `data`; the numbers that it prints.
local function python(data, code)
  local path, script = os.tmpname(), os.tmpname()
  data:write(path .. ".csv")
  local file = io.open(script, "w")
  file:write("import sys, pandas, numpy\nd = pandas.read_csv(sys.argv[1])\n", code)
  file:close()
  local pipe = io.popen(("OMP_NUM_THREADS=1 /usr/bin/python3 %s %s.csv"):format(script, path))
  local numbers = {}
  for word in pipe:read("a"):gmatch "%S+" do numbers[#numbers + 1] = tonumber(word) end
  pipe:close()
  for _, name in ipairs { path, path .. ".csv", script } do os.remove(name) end
  return numbers
end

-- Rows of whole numbers from a small generator, with three classes that lean on them.
local function rows(n, seed)
  local a, b, y = {}, {}, {}
  local state = seed
  local function random(k)
    state = (state * 1103515245 + 12345) & 0x7fffffff
    return (state >> 8) % k
  end
  for i = 1, n do
    a[i], b[i] = random(40), random(25)
    y[i] = (a[i] // 9 + b[i] // 7 + (random(10) == 0 and random(3) or 0)) % 3
  end
  return lunette.table { { name = "a", values = a }, { name = "b", values = b }, { name = "y", values = y } }
end

describe("boosting", function()
  it("predicts classes, and is the same after it was saved and loaded", function()
    local boosted = learn.boosting({ n_trees = 30, category_l2 = 0 }):fit(flowers, wanted)
    for row in boosted:predict(flowers):rows() do assert.equal(row.kind, row.predicted) end
    assert.equal(30, boosted:info().rounds)
    assert.equal(90, boosted:info().trees)
    local path = os.tmpname()
    boosted:save(path)
    assert.same(boosted:predict_proba(flowers):column("s"):values(), learn.load(path):predict_proba(flowers):column("s"):values())
    os.remove(path)
  end)

  it("comes near to numbers", function()
    local model = learn.boosting({ n_trees = 200, l2 = 0 })
      :fit(flowers, { target = "petal", features = { "kind" }, regression = true })
    local of_kind = { s = (1.4 + 1.3 + 1.5) / 3, v = (4.7 + 4.5 + 4.9) / 3, g = (6.0 + 5.1 + 5.9 + 5.6) / 4 }
    for row in model:predict(flowers):rows() do assert.near(of_kind[row.kind], row.predicted, 0.5) end
    assert.is_false(model:predict(flowers):has "probability")
    assert.matches("a regression has no probabilities", message(model.predict_proba, model, flowers))
    local scores = learn.score(model:predict(flowers), { truth = "petal" })
    assert.is_true(scores.r2 > 0.9 and scores.rmse < 0.6 and scores.mae <= scores.rmse)
    assert.equal(10, scores.rows)
  end)

  it("says what it doesn't understand", function()
    assert.matches("no option 'criterion'", message(learn.boosting, { criterion = "gini" }))
    assert.matches("no option 'l2'", message(learn.forest, { l2 = 1 }))
    assert.matches("row_share", message(function() learn.boosting({ row_share = 2 }):fit(flowers, wanted) end))
    assert.matches("can't be negative", message(function() learn.boosting({ l2 = -1 }):fit(flowers, wanted) end))
    assert.matches("no column 'tme'", message(function()
      learn.boosting({ patience = 2 }):fit(flowers, { target = "kind", features = { "petal" }, time = "tme" })
    end))
  end)
end)

describe("against scikit-learn", function()
  local function compare(title, fn)
    if has_sklearn then it(title, fn) else pending(title .. " (python3-sklearn or python3-pandas is missing)") end
  end

  compare("a tree tells its training rows apart as well at every depth", function()
    local data = rows(600, 7)
    local theirs = python(data, [=[
from sklearn.tree import DecisionTreeClassifier
from sklearn.metrics import accuracy_score, log_loss
x = d[["a", "b"]]
for depth in range(1, 6):
    m = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(x, d.y)
    print(accuracy_score(d.y, m.predict(x)), log_loss(d.y, m.predict_proba(x)))
]=])
    for depth = 1, 5 do
      local tree = learn.tree({ max_depth = depth }):fit(data, { target = "y", features = { "a", "b" } })
      local ours = learn.score(tree:predict(data), { truth = "y", proba = tree:predict_proba(data) })
      assert.near(theirs[2 * depth - 1], ours.accuracy, depth < 4 and 1e-9 or 0.01)
      assert.near(theirs[2 * depth], ours.log_loss, depth < 4 and 1e-6 or 0.02)
    end
  end)

  compare("a forest is as good on rows it hasn't seen", function()
    local train, test = rows(1500, 11), rows(1500, 12)
    local wants = { target = "y", features = { "a", "b" } }
    local forest = learn.forest({ n_trees = 60, min_leaf = 3 }):fit(train, wants)
    local ours = learn.score(forest:predict(test), { truth = "y", proba = forest:predict_proba(test) })
    local theirs = python(train:concat(test), [=[
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score
x, y = d[["a", "b"]], d.y
m = RandomForestClassifier(60, min_samples_leaf=3, random_state=0).fit(x[:1500], y[:1500])
p = m.predict_proba(x[1500:])
print(f1_score(y[1500:], p.argmax(1), average="macro"), ((p - numpy.eye(3)[y[1500:]]) ** 2).sum(1).mean())
]=])
    assert.is_true(ours.macro_f1 > theirs[1] - 0.02)
    assert.is_true(ours.brier < theirs[2] + 0.01)
  end)

  compare("boosting fits numbers as theirs does", function()
    local data = rows(500, 21):derive "z = a * 1.5 + b % 7 * 4.0"
    local model = learn.boosting({ n_trees = 20, max_depth = 3, l2 = 0, min_leaf = 5 })
      :fit(data, { target = "z", features = { "a", "b" }, regression = true })
    local ours = model:predict(data):column("predicted"):values()
    local theirs = python(data, [=[
from sklearn.ensemble import HistGradientBoostingRegressor
x = d[["a", "b"]]
m = HistGradientBoostingRegressor(max_iter=20, max_depth=3, max_leaf_nodes=None, min_samples_leaf=5, early_stopping=False)
print(*m.fit(x, d.z).predict(x))
]=])
    local far = 0
    for i = 1, #ours do far = far + (math.abs(ours[i] - theirs[i]) > 0.25 and 1 or 0) end
    assert.is_true(far < 15, far)
  end)

  compare("boosting tells classes apart as well as theirs", function()
    local train, test = rows(1500, 11), rows(1500, 12)
    local model = learn.boosting({ n_trees = 40, max_depth = 4, min_leaf = 5 }):fit(train, { target = "y", features = { "a", "b" } })
    local ours = learn.score(model:predict(test), { truth = "y", proba = model:predict_proba(test) })
    local theirs = python(train:concat(test), [=[
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import f1_score, log_loss
x, y = d[["a", "b"]], d.y
m = HistGradientBoostingClassifier(max_iter=40, max_depth=4, max_leaf_nodes=None, min_samples_leaf=5, l2_regularization=1,
  early_stopping=False).fit(x[:1500], y[:1500])
p = m.predict_proba(x[1500:])
print(f1_score(y[1500:], p.argmax(1), average="macro"), log_loss(y[1500:], p))
]=])
    assert.is_true(ours.macro_f1 > theirs[1] - 0.02)
    assert.is_true(ours.log_loss < theirs[2] + 0.02)
  end)

  compare("what is wrong and certain of it costs as much", function()
    local proba = lunette.table { { name = "a", values = { 0.0, 1.0, 0.25 } }, { name = "b", values = { 1.0, 0.0, 0.75 } } }
    local data = lunette.table { { name = "y", values = { "a", "a", "b" } }, { name = "predicted", values = { "b", "a", "b" } } }
    local theirs = python(data, "from sklearn.metrics import log_loss\nprint(log_loss(d.y, [[0, 1], [1, 0], [0.25, 0.75]]))")
    assert.near(theirs[1], learn.score(data, { truth = "y", proba = proba }).log_loss, 1e-9)
  end)

  compare("the scores are the same on the same predictions", function()
    local train, test = rows(300, 3), rows(400, 4)
    local forest = learn.forest({ n_trees = 20, min_leaf = 5 }):fit(train, { target = "y", features = { "a", "b" } })
    local proba, predicted = forest:predict_proba(test), forest:predict(test)
    local ours = learn.score(predicted, { truth = "y", proba = proba })
    local columns = { { name = "y", values = predicted:column("y"):values() },
      { name = "p", values = predicted:column("predicted"):values() } }
    for c = 0, 2 do columns[c + 3] = { name = "c" .. c, values = proba:column(tostring(c)):values() } end
    local theirs = python(lunette.table(columns), [=[
from sklearn.metrics import *
p = d[["c0", "c1", "c2"]].to_numpy()
print(accuracy_score(d.y, d.p), balanced_accuracy_score(d.y, d.p), f1_score(d.y, d.p, average="macro"),
  f1_score(d.y, d.p, average="weighted"), log_loss(d.y, p), ((p - numpy.eye(3)[d.y]) ** 2).sum(1).mean())
print(*numpy.array(precision_recall_fscore_support(d.y, d.p)).T.ravel())
]=])
    local two = lunette.table { { name = "y", values = { 0, 1, 1 } }, { name = "predicted", values = { 0, 0, 1 } } }
    local of_two = lunette.table { { name = "0", values = { 0.9, 0.6, 0.2 } }, { name = "1", values = { 0.1, 0.4, 0.8 } } }
    local brier = python(two, "from sklearn.metrics import *\nprint(brier_score_loss(d.y, [0.1, 0.4, 0.8]))")
    assert.near(brier[1], learn.score(two, { truth = "y", proba = of_two }).brier, 1e-9)
    local names = { "accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "log_loss", "brier" }
    for i, name in ipairs(names) do assert.near(theirs[i], ours[name], 1e-6, name) end
    local at = #names
    for row in ours.report:rows() do
      for _, name in ipairs { "precision", "recall", "f1", "support" } do
        at = at + 1
        assert.near(theirs[at], row[name], 1e-9)
      end
    end
  end)
end)

-- ---- history ----

describe("history", function()
  local day = 86400
  local listed = { 0, 1, 1, 2, 5, 9 } -- days
  local data = lunette.table {
    { name = "t", type = "time", values = (function()
      local out = {}
      for i, d in ipairs(listed) do out[i] = lunette.time "2024-01-01" + d * day end
      return out
    end)() },
    { name = "family", values = { "a", "b", "b", "a", "b", "a" } },
    { name = "ip", type = "ip", values = { "10.0.0.1", "10.0.0.2", "10.0.1.1", "10.0.0.1", "10.0.0.9", "10.0.0.2" } },
    { name = "port", values = { 80, 80, 80, 443, 80, 80 } },
  }
  local function told(column, options)
    local wants = { target = "family", time = "t", keys = { { name = "net", columns = { "ip/24" } },
      { name = "port", columns = { "port" } }, { name = "both", columns = { "ip/24", "port" } } } }
    for name, value in pairs(options or {}) do wants[name] = value end
    local out = {}
    for row in learn.history(data, wants):rows() do out[#out + 1] = row[column] == nil and "-" or row[column] end
    return out
  end

  it("tells each row of strictly earlier ones only", function()
    assert.same({ "-", "a", "-", "a", "a", "a" }, told "net_top")
    assert.same({ 0.0, 1.0, 0.0, 2.0, 3.0, 4.0 }, told "net_weight")
    assert.same({ 0.0, 1.0, 1.0, 0.0, 3.0, 4.0 }, told "port_weight") -- two rows of one time don't see each other
    assert.same({ "-", 1.0, "-", 1.0, 3.0, 4.0 }, told "net_age")
    assert.same({ 0.0, 1.0, 0.0, 0.0, 2.0, 3.0 }, told "both_weight")
  end)

  it("stops at the cut", function()
    local cut = lunette.time "2024-01-03"
    assert.same({ 0.0, 1.0, 0.0, 2.0, 2.0, 2.0 }, told("net_weight", { cut = cut }))
  end)

  it("knows what was known before the row's step", function()
    -- steps are counted from 1970: one of four days begins on 2024-01-02
    assert.same({ 0.0, 1.0, 0.0, 1.0, 3.0, 4.0 }, told("net_weight", { step = 4 }))
  end)

  it("lets what is old count less", function()
    assert.near(0.5, told("net_weight", { half_life = 1 })[2], 1e-12)
    assert.near(0.25 + 0.5, told("net_weight", { half_life = 1 })[4], 1e-12)
  end)

  it("doesn't depend on the order of the rows, nor on what comes later", function()
    local keys = { { name = "net", columns = { "ip/24" } } }
    local wants = { target = "family", time = "t", keys = keys, half_life = 3 }
    local whole = learn.history(data, wants)
    local turned = learn.history(data:sort "-t", wants):sort("t", "ip")
    assert.same(whole:sort("t", "ip"):column("blend a"):values(), turned:column("blend a"):values())
    local changed = data:derive "family = if_else(t >= time('2024-01-06'), 'a', family)"
    assert.same(whole:head(5):column("blend a"):values(), learn.history(changed, wants):head(5):column("blend a"):values())
  end)

  it("leaves the blend out when told to", function()
    local wants = { target = "family", time = "t", keys = { { name = "net", columns = { "ip/24" } } } }
    assert.is_true(learn.history(data, wants):has "blend a")
    wants.blend = false
    assert.is_false(learn.history(data, wants):has "blend a")
    assert.is_true(learn.history(data, wants):has "net_age")
  end)

  it("gives probabilities that sum to one", function()
    local a, b = told "blend a", told "blend b"
    for i = 1, #a do assert.near(1, a[i] + b[i], 1e-12) end
  end)

  it("says what is wrong", function()
    assert.matches("no column 'asn'", message(told, "x", { keys = { { name = "x", columns = { "asn" } } } }))
    assert.matches("needs an address column", message(told, "x", { keys = { { name = "x", columns = { "port/24" } } } }))
  end)
end)

-- ---- evidence ----

describe("evidence", function()
  -- Two families that change networks every fifty days: what a network had lately tells them apart, what it is does not.
  local columns, state = { t = {}, family = {}, ip = {}, port = {} }, 5
  local function random(k)
    state = (state * 1103515245 + 12345) & 0x7fffffff
    return (state >> 8) % k
  end
  local start = lunette.time "2024-01-01"
  for i = 1, 1200 do
    local f = random(2)
    columns.t[i], columns.family[i] = start + i * 21600, f == 0 and "a" or "b"
    columns.ip[i] = ("10.%d.%d.%d"):format((i // 200) * 2 + f, random(3), 1 + random(200))
    columns.port[i] = 400 + random(3)
  end
  local data = lunette.table { { name = "t", type = "time", values = columns.t }, { name = "family", values = columns.family },
    { name = "ip", type = "ip", values = columns.ip }, { name = "port", values = columns.port } }
  local keys = { { name = "net", columns = { "ip/16" } }, { name = "port", columns = { "port" } } }
  local wants = { target = "family", time = "t" }
  local cut = start + 900 * 21600
  local train, test = data:filter("t < $c", { c = cut }), data:filter("t >= $c", { c = cut })

  it("tells classes apart by what is known of networks that training never had", function()
    local model = learn.evidence(train, wants, { keys = keys, lag = 1, seed = 3 })
    local proba = model:predict_proba(data, { from = cut, step = 1 })
    assert.equal(#test, #proba)
    local known = learn.score(learn.decide(test, proba), { truth = "family", proba = proba })
    local frozen = learn.score(learn.decide(test, model:predict_proba(data, { from = cut, cut = cut })), { truth = "family" })
    local plain = learn.score(learn.forest():fit(train:derive "net = prefix(ip, 16)",
      { target = "family", features = { "net", "port" } }):predict(test:derive "net = prefix(ip, 16)"), { truth = "family" })
    assert.is_true(known.accuracy > 0.9, known.accuracy)
    assert.is_true(known.accuracy > frozen.accuracy)
    assert.is_true(known.accuracy > plain.accuracy)
  end)

  it("isn't moved by what comes later", function()
    local model = learn.evidence(train, wants, { keys = keys })
    local changed = data:derive("family = if_else(t >= $c, 'z', family)", { c = cut + 86400 })
    local a = model:predict_proba(data, { from = cut, cut = cut + 86400 })
    local b = model:predict_proba(changed, { from = cut, cut = cut + 86400 })
    assert.same(a:column("a"):values(), b:column("a"):values())
    local again = learn.evidence(train, wants, { keys = keys })
    assert.same(a:column("a"):values(), again:predict_proba(data, { from = cut, cut = cut + 86400 }):column("a"):values())
  end)

  it("mixes and decides", function()
    local one = lunette.table { { name = "a", values = { 0.9, 0.5 } }, { name = "b", values = { 0.1, 0.5 } } }
    local other = lunette.table { { name = "b", values = { 0.4, 0.9 } }, { name = "a", values = { 0.6, 0.1 } } }
    local mixed = learn.mix { { one, 1 }, { other, 1 } }
    local a, b = math.sqrt(0.9 * 0.6), math.sqrt(0.1 * 0.4)
    assert.near(a / (a + b), mixed:column("a")[1], 1e-9)
    assert.near(0.9 ^ 2 / (0.9 ^ 2 + 0.1 ^ 2), learn.mix({ { one, 1 } }, 2):column("a")[1], 1e-9)
    local decided = learn.decide(lunette.table { { name = "x", values = { 1, 2 } } }, mixed)
    assert.same({ "a", "b" }, decided:column("predicted"):values())
  end)

  it("says what is wrong", function()
    assert.matches("evidence needs keys", message(learn.evidence, train, wants, {}))
    assert.matches("no column 'asn'", message(learn.evidence, train, wants, { keys = { { name = "x", columns = { "asn" } } } }))
    assert.matches("the column 'port' is int, not time",
      message(learn.evidence, train, { target = "family", time = "port" }, { keys = keys }))
    local model = learn.evidence(train, wants, { keys = keys })
    assert.matches("nothing is known before", message(function()
      model:predict_proba(data, { from = cut, cut = start })
    end))
  end)
end)

describe("random_split", function()
  it("deals every row to one side", function()
    local some, others = learn.random_split(flowers, 0.5, 3)
    assert.equal(10, #some + #others)
    assert.is_true(#some > 0 and #others > 0)
    assert.same(some:column("petal"):values(), (learn.random_split(flowers, 0.5, 3)):column("petal"):values())
  end)
end)
