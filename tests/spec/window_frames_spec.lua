-- Windows by time, and values carried over nulls, against a model that looks at every row for every row.
local lunette = require "lunette"

local start = 1636934400 -- 2021-11-15

-- A linear congruential generator: the same rows everywhere.
local function generator(seed)
  return function(n)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed // 65536 % n + 1
  end
end

-- Rows of a partition `g`, a time (some null, some equal), an int and a float (some null, few NaN or infinite).
local function rows_of(n, seed)
  local random, rows = generator(seed), {}
  for i = 1, n do
    local odd = random(40)
    rows[i] = {
      g = "g" .. random(3), i = random(4) > 1 and random(100) - 50 or nil,
      seconds = random(12) > 1 and random(n) * 20 or nil,
      f = odd == 1 and 0 / 0 or odd == 2 and 1 / 0 or random(4) > 1 and random(1000) / 8 or nil,
    }
  end
  return rows
end

local function table_of(rows)
  local columns = { { name = "g", type = "string" }, { name = "t", type = "time" }, { name = "i", type = "int" },
    { name = "f", type = "float" } }
  for _, column in ipairs(columns) do
    column.values = {}
    for k, row in ipairs(rows) do
      local value = row[column.name]
      if column.name == "t" then value = row.seconds and lunette.time(os.date("!%Y-%m-%d %H:%M:%S", start + row.seconds)) end
      column.values[k] = value == nil and lunette.null or value
    end
  end
  return lunette.table(columns)
end

local known = setmetatable({}, { __mode = "k" })

-- The partition's row numbers in the order of time, those without one last.
local function partition(rows, g, descending)
  known[rows] = known[rows] or {}
  local key = g .. tostring(descending)
  if known[rows][key] then return known[rows][key] end
  local numbers = {}
  known[rows][key] = numbers
  for k, row in ipairs(rows) do if row.g == g then numbers[#numbers + 1] = k end end
  table.sort(numbers, function(a, b)
    local x, y = rows[a].seconds, rows[b].seconds
    if x == nil or y == nil then return (x ~= nil and y == nil) or (x == y and a < b) end
    if x == y then return a < b end
    return descending and x > y or not descending and x < y
  end)
  return numbers
end

-- The values in the frame of row `k`: of rows up to it that are nearer to it than `span`.
local function frame(rows, k, name, span, descending)
  local values, row = {}, rows[k]
  if not row.seconds then return values end
  for _, other in ipairs(partition(rows, row.g, descending)) do
    local near = rows[other].seconds and math.abs(rows[other].seconds - row.seconds) < span
    if near and rows[other][name] ~= nil then values[#values + 1] = rows[other][name] end
    if other == k then return values end
  end
end

local function model(values, what)
  if #values == 0 then return nil end
  local sum, least, most = 0, nil, nil
  for _, v in ipairs(values) do
    sum = sum + v
    if v == v then least, most = math.min(least or v, v), math.max(most or v, v) end
  end
  return ({ sum = sum, mean = sum / #values, min = least or 0 / 0, max = most or 0 / 0 })[what]
end

local function same(a, b)
  if a == nil or b == nil then return a == b end
  return (a ~= a and b ~= b) or a == b or math.abs(a - b) <= 1e-9 * math.max(math.abs(a), math.abs(b))
end

describe("rolling functions by a length of time", function()
  for _, n in ipairs { 1, 2, 60, 200 } do
    for _, descending in ipairs { false, true } do
      it(("see %d rows %s as the model does"):format(n, descending and "from the last on" or "from the first on"), function()
        local rows = rows_of(n, n)
        for text, span in pairs { ["90s"] = 90, ["10m"] = 600, ["0.5h"] = 1800, ["1us"] = 1e-6, ["30d"] = 2592000 } do
          local definitions = { by = "g", order = descending and "-t" or "t" }
          for _, what in ipairs { "sum", "mean", "min", "max" } do
            for _, name in ipairs { "i", "f" } do
              definitions[#definitions + 1] = ("%s_%s = rolling_%s(%s, '%s')"):format(name, what, what, name, text)
            end
          end
          local k = 0
          for got in table_of(rows):window(definitions):rows() do
            k = k + 1
            for _, what in ipairs { "sum", "mean", "min", "max" } do
              for _, name in ipairs { "i", "f" } do
                local wanted = model(frame(rows, k, name, span, descending), what)
                local value = got[name .. "_" .. what]
                if not same(value, wanted) then
                  error(("row %d, %s of %s by %s: %s is not %s"):format(k, what, name, text, value, wanted))
                end
              end
            end
          end
          assert.are.equal(n, k)
        end
      end)
    end
  end

  it("want a length of time, and the order of one", function()
    local q = table_of(rows_of(3, 1))
    local function message(options) return tostring(select(2, pcall(q.window, q, options))) end
    assert.matches("needs the order of a time", message { "x = rolling_sum(i, '1h')" }, 1, true)
    assert.matches("needs the order of a time", message { order = { "i", "t" }, "x = rolling_sum(i, '1h')" }, 1, true)
    for _, text in ipairs { "1 parsec", "h", "", "-1h", "0s", "nand", "1e30d" } do
      assert.matches("takes a length of time such as '90s'", message { order = "t", ("x = rolling_sum(i, '%s')"):format(text) }, 1, true)
    end
    assert.matches("lag counts rows by a constant int, 0 or more\n", message { order = "t", "x = lag(i, '1h')" })
    assert.matches("rolling_sum(i, '3600s')",
      q:window({ order = "t", "x = rolling_sum(i, $span)" }, { span = "1h" }):explain(), 1, true)
  end)
end)

describe("fill_forward and fill_backward", function()
  it("carry the last and the next value over nulls, of every type", function()
    local q = lunette.table {
      { name = "o", values = { 3, 1, 2, 4, 5 } },
      { name = "s", type = "string", values = { lunette.null, "a", lunette.null, "b", lunette.null } },
      { name = "ip", type = "ip", values = { lunette.ip "198.18.0.1", lunette.null, lunette.null, lunette.null, lunette.ip "::1" } },
    }
    local function filled(expression)
      local values = {}
      for row in q:window { order = "o", "v = " .. expression }:rows() do values[#values + 1] = row.v == nil and "-" or tostring(row.v) end
      return table.concat(values, " ")
    end
    assert.are.equal("a a a b b", filled "fill_forward(s)")
    assert.are.equal("b a b b -", filled "fill_backward(s)")
    assert.are.equal("198.18.0.1 - - 198.18.0.1 ::1", filled "fill_forward(ip)")
    assert.are.equal("198.18.0.1 198.18.0.1 198.18.0.1 ::1 ::1", filled "fill_backward(ip)")
    assert.are.equal("1 1 1 4 4", filled "fill_forward(if_else(is_null(s), null, o))")
  end)

  it("stay within their partition", function()
    local rows = rows_of(200, 7)
    local k = 0
    for got in table_of(rows):window { by = "g", order = "t", "a = fill_forward(i)", "b = fill_backward(i)" }:rows() do
      k = k + 1
      local forward, backward, behind
      for _, other in ipairs(partition(rows, rows[k].g)) do
        local value = rows[other].i
        if not behind and value ~= nil then forward = value end
        behind = behind or other == k
        if behind and backward == nil then backward = value end
      end
      assert(got.a == forward and got.b == backward, k)
    end
  end)
end)
