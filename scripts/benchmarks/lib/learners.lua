-- How a task's Lunette program fits and predicts: rows by arithmetic, the same as in learners.py; parts timed, scores told.
local lunette = require "lunette"
local learn = lunette.learn

local learners = {}

local function hash(k)
  return ("((i + %d) * 1103515245 + 12345) %% 2147483648 * 69069 %% 2147483648 // 256"):format(k * 7919)
end

-- Features and classes of n rows.
function learners.rows(n)
  local index = {}
  for i = 1, n do index[i] = i - 1 end
  return lunette.table { { name = "i", values = index } }:derive(
    "c = int(floor(sqrt(float(" .. hash(1) .. " % 900))))",
    "net = (c * 61 + " .. hash(2) .. " % 80) % 2000", "country = (c * 5 + " .. hash(3) .. " % 40) % 120",
    "port = c * 37 % 11 * 100 + " .. hash(4) .. " % 300", "lat = c * 3 - 60 + " .. hash(5) .. " % 4000 / 100",
    "lon = c % 7 * 20 + " .. hash(6) .. " % 80", "size = " .. hash(7) .. " % 1000",
    "y = if_else(" .. hash(8) .. " % 10 == 0, " .. hash(9) .. " % 30, c)")
    :drop("i", "c"):collect()
end

learners.WANTS = { target = "y", features = { "net", "country", "port", "lat", "lon", "size" },
  categories = { "net", "country" } }

local function timed(name, fn)
  local start, cpu = lunette.now(), os.clock()
  local result = fn()
  io.stderr:write(("time %s %.2f\ncpu %s %.2f\n"):format(name, (lunette.now() - start) * 1000, name,
    (os.clock() - cpu) * 1000))
  return result
end

--- Fits to the first of the rows and predicts the others; tells macro-F1 and log loss on those.
function learners.measure_rows(learner, data, n_train, wants)
  local train, test = data:head(n_train):collect(), data:slice(n_train + 1):collect()
  local model = timed("fit", function() return learner:fit(train, wants) end)
  local predicted = timed("predict", function() return model:predict(test) end)
  local scores = learn.score(predicted, { truth = wants.target, proba = model:predict_proba(test) })
  io.stderr:write(("score macro-F1 %.4f\nscore log-loss %.4f\n"):format(scores.macro_f1, scores.log_loss))
  print("predicted\t" .. #test)
end

--- The same of rows by arithmetic, of which four fifths train.
function learners.measure(learner)
  local n = tonumber(os.getenv "BENCH_ROWS") or 100000
  learners.measure_rows(learner, learners.rows(n), n * 4 // 5, learners.WANTS)
end

return learners
