-- Every function of the expression language against a slow one in Lua that says the same in another way: on random rows
-- with nulls, for the lengths at which bit words begin and end, with texts that repeat and texts that don't.
local lunette = require "lunette"

local kinds = { "text", "number", "time", "ip", "ioc" }
local lengths = { 0, 1, 63, 64, 65, 200 }

local function shown(value) return value == nil and "null" or ("%s (%s)"):format(value, math.type(value) or type(value)) end

local function same(a, b, near)
  if a == nil or b == nil then return a == b end
  if math.type(a) ~= math.type(b) then return false end
  if a ~= a then return b ~= b end
  return a == b or near and math.abs(a - b) <= 1e-12 * math.max(math.abs(a), math.abs(b))
end

--- Random rows: `distinct` different ones, so that few make dictionaries.
local function rows_of(columns, n, distinct, random)
  local pool, rows = {}, {}
  for k = 1, distinct do
    pool[k] = {}
    for name, make in pairs(columns) do
      local value = make(random)
      if random(6) > 1 then pool[k][name] = value end
    end
  end
  for i = 1, n do rows[i] = pool[random(distinct)] end
  return rows
end

local types = { i = "int", j = "int", f = "float", b = "bool", t = "time", v = "time", p = "ip" }

local function table_of(columns, rows)
  local spec = {}
  for name in pairs(columns) do
    local values = {}
    for i, row in ipairs(rows) do values[i] = row[name] == nil and lunette.null or row[name] end
    spec[#spec + 1] = { name = name, type = types[name] or "string", values = values }
  end
  return lunette.table(spec)
end

local function check(case, data, rows)
  local expression, needs, model = table.unpack(case)
  local near = type(model) == "table" and model.near
  model = near and model[1] or model
  local out = data:select("y = " .. expression):column("y"):values()
  for i, row in ipairs(rows) do
    local known = true
    for _, name in ipairs(needs) do known = known and row[name] ~= nil end
    local expected
    if known then expected = model(row) end
    local actual = out[i]
    if actual == lunette.null then actual = nil end
    if not same(actual, expected, near) then
      local given = {}
      for name, value in pairs(row) do given[#given + 1] = ("%s = %s"):format(name, shown(value)) end
      table.sort(given)
      error(("%s of %s is %s, not %s"):format(expression, table.concat(given, ", "), shown(actual), shown(expected)), 0)
    end
  end
end

describe("the functions", function()
  for seed, kind in ipairs(kinds) do
    local naive = require("tests.spec.support.naive." .. kind)
    it("of " .. kind .. " do what slow ones do", function()
      math.randomseed(seed)
      for _, n in ipairs(lengths) do
        for _, distinct in ipairs { 5, math.max(n, 1) } do
          local rows = rows_of(naive.columns, n, distinct, math.random)
          local data = table_of(naive.columns, rows)
          for _, case in ipairs(naive.cases) do check(case, data, rows) end
        end
      end
    end)
  end

  it("are all among those", function()
    local text = {}
    for _, kind in ipairs(kinds) do
      for _, case in ipairs(require("tests.spec.support.naive." .. kind).cases) do text[#text + 1] = " " .. case[1] end
    end
    text = table.concat(text)
    local missing = {}
    for _, f in ipairs(lunette.functions()) do
      if f.category ~= "aggregate" and not text:find("%f[%w_]" .. f.name .. "%(") then missing[#missing + 1] = f.name end
    end
    assert.same({}, missing)
  end)

  it("contains looks into each text alone, however they lie", function()
    math.randomseed(7)
    local texts, rows = {}, 6000
    for i = 1, rows do
      local letters = {}
      for k = 1, math.random(0, 9) do letters[k] = ("abc"):sub(math.random(3), -1):sub(1, 1) end
      texts[i] = math.random(10) == 1 and lunette.null or table.concat(letters) .. (i % 7 == 0 and tostring(i) or "")
    end
    local t = lunette.table { n = (function()
      local numbers = {}
      for i = 1, rows do numbers[i] = i end
      return numbers
    end)(), text = texts }
    for _, what in ipairs { "a", "ab", "cab", "abcabc", "", "7", "b1" } do
      for _, condition in ipairs { "true", "n % 3 ~= 0", "n % 50 == 1" } do
        local found = t:filter(condition):filter("contains(text, $what, 'cc9')", { what = what }):column("n")
        local at = 0
        for i = 1, rows do
          local kept = condition == "true" or condition == "n % 3 ~= 0" and i % 3 ~= 0 or condition == "n % 50 == 1" and i % 50 == 1
          local text = texts[i]
          if kept and text ~= lunette.null and (text:find(what, 1, true) or text:find("cc9", 1, true)) then
            at = at + 1
            assert.equal(i, found[at])
          end
        end
        assert.equal(at, #found)
      end
    end
  end)
end)
