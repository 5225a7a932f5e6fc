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
