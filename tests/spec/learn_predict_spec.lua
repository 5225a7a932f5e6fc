local lunette = require "lunette"

local learn = lunette.learn

-- Rows with a number, a number of many levels as a category, a text of few; nulls among them; ten classes that lean to them.
local function rows(n, seed, levels)
  local state, columns = seed, { {}, {}, {}, {} }
  local function draw(k)
    state = (state * 1103515245 + 12345) % 2147483648
    return state // 256 % k
  end
  for i = 1, n do
    local class = draw(10)
    columns[1][i] = draw(9) > 0 and class + draw(400) / 100 or lunette.null
    columns[2][i] = draw(9) > 0 and (class * levels // 10 + draw(levels // 4)) % levels or lunette.null
    columns[3][i] = draw(9) > 0 and string.char(97 + (class + draw(3)) % 10) or lunette.null
    columns[4][i] = draw(6) > 0 and class or draw(10)
  end
  return lunette.table {
    { name = "size", type = "float", values = columns[1] }, { name = "place", type = "int", values = columns[2] },
    { name = "letter", type = "string", values = columns[3] }, { name = "y", type = "int", values = columns[4] },
  }
end

local wants = { target = "y", features = { "size", "place", "letter" }, categories = { "place" } }

-- All probabilities of the rows, asked in pieces of `size` rows.
local function asked_by(model, data, size)
  local parts = {}
  for start = 1, #data, size do parts[#parts + 1] = model:predict_proba(data:slice(start, size):collect()) end
  return lunette.concat(parts):collect()
end

describe("many rows at once", function()
  local test = rows(700, 7, 4000) -- some of its levels training doesn't have
  for _, kind in ipairs { "tree", "forest", "extra_trees", "boosting" } do
    for _, levels in ipairs { 40, 4000 } do
      it(("are given what each alone is given: %s, %d levels"):format(kind, levels), function()
        local model = learn[kind]({ n_trees = 7, min_leaf = kind == "boosting" and 5 or 1 }):fit(rows(900, 3, levels), wants)
        local at_once, alone = model:predict_proba(test), asked_by(model, test, 1)
        for class = 0, 9 do
          assert.same(alone:column(tostring(class)):values(), at_once:column(tostring(class)):values())
        end
        local best = model:predict(test)
        for i = 1, #best do
          local class, most = best:column "predicted"[i], best:column "probability"[i]
          assert.equal(most, at_once:column(tostring(class))[i])
          for other = 0, 9 do assert.is_true(at_once:column(tostring(other))[i] <= most) end
        end
      end)
    end
  end
end)

describe("thresholds that are chosen anew for each day", function()
  local columns = { {}, {}, {}, {} }
  for day = 1, 3 do
    for i = 1, 40 do -- from the second day on, what is predicted with 0.6 is wrong
      local sure = i % 2 == 0
      local at = #columns[1] + 1
      columns[1][at] = lunette.time(("2024-05-%02d"):format(day))
      columns[2][at], columns[3][at], columns[4][at] = (sure or day == 1) and "a" or "b", "a", sure and 0.9 or 0.6
    end
  end
  local predictions = lunette.table { { name = "first_seen", values = columns[1] }, { name = "family", values = columns[2] },
    { name = "predicted", values = columns[3] }, { name = "probability", values = columns[4] } }

  it("accept what was right the days before", function()
    local sums = learn.rolling_thresholds(predictions, { before = 40, wanted = { 0.95 }, recent = 40, fewest = 5, strength = 20 })
    assert.same({ { promised = 60.0, sure = 60.0, accepted = 60, hits = 40, families = 1 } }, sums)
  end)

  it("say what they need", function()
    local function message(options)
      local ok, problem = pcall(learn.rolling_thresholds, predictions, options)
      return not ok and tostring(problem)
    end
    assert.matches("needs wanted", message {})
    assert.matches("no option 'recend'.-recent", message { wanted = { 1 }, recend = 4 })
    assert.matches("above 0", message { wanted = { 0.9 }, recent = 0 })
  end)
end)
