-- Verbs that change a table's shape, on the values that nobody names columns after; and what is said where they can't work.
local lunette = require "lunette"
local support = dofile "tests/spec/support/process.lua"

local function table_of(columns)
  local list = {}
  for i, column in ipairs(columns) do list[i] = { name = column[1], type = column[3], values = column[2] } end
  return lunette.table(list)
end

local function message(fn, ...)
  local ok, e = pcall(fn, ...)
  assert.is_false(ok)
  return tostring(e)
end

local function names(query)
  local out = {}
  for i, column in ipairs(query:schema()) do out[i] = column.name end
  return out
end

describe("pivot", function()
  it("gives every value a column of its own: a key's name, the empty text, null and the text null, backticks", function()
    local values = { "k", "", lunette.null, "null", "a`b", "k" }
    local t = table_of { { "k", { 1, 1, 1, 1, 2, 2 } }, { "c", values }, { "v", { 1, 2, 4, 8, 16, 32 } } }
    local wide = t:pivot { keys = "k", columns = "c", value = "sum(v)" }
    assert.same({ "k", "(empty)", "a'b", "k_2", "null", "null_2" }, names(wide))
    local first, second = wide:first(), wide:tail(1):first()
    assert.same({ 1, 2, 0, 1, 8, 4 }, { first.k, first["(empty)"], first["a'b"], first.k_2, first.null, first.null_2 })
    assert.same({ 2, 0, 16, 32, 0, 0 }, { second.k, second["(empty)"], second["a'b"], second.k_2, second.null, second.null_2 })
  end)

  it("takes any aggregate: with a condition, computed of several, with parameters; what there isn't is as over no rows", function()
    local t = table_of { { "k", { 1, 1, 1, 2 } }, { "c", { "x", "x", "y", "y" } }, { "v", { 1, 2, 3, 4 } } }
    local function cells(value, params)
      local out = {}
      for row in t:pivot({ keys = "k", columns = "c", value = value }, params):rows() do
        out[#out + 1], out[#out + 2] = row.x == nil and "null" or row.x, row.y == nil and "null" or row.y
      end
      return out
    end
    assert.same({ 1, 1, 0, 1 }, cells("count() where v > $least", { least = 1 }))
    assert.same({ 1.5, 3.0, "null", 4.0 }, cells "mean(v)")
    assert.same({ 0.5, 1.0, 7.0, 1.0 }, cells "if_else(count() == 0, 7.0, (count() where v > 1) / count())")
    assert.same({ "null", 3, 0, 4 }, cells "null_if(sum(v), 3 * (count() - 1))")
    assert.matches("neither a key nor inside an aggregate", message(t.pivot, t, { keys = "k", columns = "c", value = "v" }), 1, true)
    assert.same({ "k", "x", "y" }, names(t:pivot { keys = { "k" }, columns = "c", value = "count()" }))
    local named = t:rename("value = v"):pivot { keys = "value", columns = "c", value = "count()" }
    assert.same({ 1, 1, 0 }, { named:first().value, named:first().x, named:first().y })
  end)

  it("counts NaN, which is one value", function()
    local t = table_of { { "k", { 1, 1, 1 } }, { "c", { 0 / 0, -(0 / 0), 1.5 } } }
    local row = t:pivot({ keys = "k", columns = "c", value = "count()" }):first()
    assert.same({ 2, 1 }, { row.nan, row["1.5"] })
  end)
end)

describe("unpivot", function()
  it("puts int and float together, and says which other columns don't fit and what makes them", function()
    local t = table_of { { "s", { "a" } }, { "i", { 1 } }, { "f", { 0.5 } } }
    assert.same({ 1.0, 0.5 }, t:unpivot({ columns = { "i", "f" } }):column("value"):values())
    local said = message(t.unpivot, t, { columns = { "s", "i" } })
    assert.matches("unpivot: 'i' is int, but 's' is string", said, 1, true)
    assert.matches('derive("i = string(i)")', said, 1, true)
    assert.same({ "a", "1" }, t:derive("i = string(i)"):unpivot({ columns = { "s", "i" } }):column("value"):values())
  end)
end)

describe("slice", function()
  it("counts from 1 and takes nothing else", function()
    local t = table_of { { "n", { 1, 2, 3 } } }
    assert.same({ 2, 3 }, t:slice(2):column("n"):values())
    assert.same({}, t:slice(4, 2):column("n"):values())
    for _, first in ipairs { 0, -1, 1.5, "x" } do
      assert.matches("slice counts rows from 1: its first row can't be " .. tostring(first), message(t.slice, t, first, 1), 1, true)
    end
  end)
end)

describe("window", function()
  it("says what to take instead of an aggregate, and that its functions don't stand in one another", function()
    local t = table_of { { "n", { 1, 2, 3 } } }
    assert.matches("'sum' is an aggregate and only goes in agg(…); a window has cumsum(…)", message(t.window, t, { "s = sum(n)" }),
      1, true)
    assert.matches("'mode' is an aggregate and only goes in agg(…)\n", message(t.window, t, { "s = mode(n)" }), 1, true)
    local nested = message(t.window, t, { "s = lag(n + cumsum(n))" })
    assert.matches("make 'cumsum' a column by a window before", nested, 1, true)
    assert.same({ 1, 3, 6 }, t:window({ "c = cumsum(n)" }):column("c"):values())
  end)
end)

describe("NaN", function()
  it("reads the same in Lua, whatever its sign bit", function()
    local t = table_of { { "f", { 0 / 0, -(0 / 0) } } }
    for row in t:rows() do assert.equal("nan", tostring(row.f)) end
    assert.equal("nan", tostring(t:agg("s = sum(f)"):first().s))
  end)
end)

describe("tables without columns", function()
  it("have rows all the same", function()
    local t = table_of { { "n", { 1 } } }:drop "n"
    assert.equal("(1 row without columns)", tostring(t))
    assert.equal("(2 rows without columns)", tostring(t:concat(t)))
    assert.equal(1, t:count():first().count)
  end)
end)

describe("JSON whose values don't agree", function()
  after_each(support.clean)

  it("is told on the standard error: which column is text, and why", function()
    local path = support.file('{"a":1,"h":"198.18.0.1","x":1}\n{"a":"two","h":"host","x":1.5}\n{"a":true,"h":null,"x":null}\n', ".ndjson")
    local got = support.run { "-e", "print(t)", path }
    assert.equal(0, got.status)
    assert.matches("column 'a' is text: record 1 has an int, record 2 a string, record 3 a bool", got.err, 1, true)
    assert.is_nil(got.err:find("column 'h'", 1, true)) -- a name among addresses is no conflict
    assert.is_nil(got.err:find("column 'x'", 1, true)) -- int and float are float
    assert.equal("", support.run({ "--quiet", "-e", "print(#t)", path }).err)
  end)
end)

describe("a memory limit", function()
  after_each(support.clean)

  it("that a sort can't keep for want of a folder for temporary files names the folder", function()
    local lines = { "n,text" }
    for i = 1, 200000 do lines[#lines + 1] = ("%d,some text that is long enough to matter %d"):format(i, i * 7919 % 1000003) end
    local path = support.file(table.concat(lines, "\n") .. "\n", ".csv")
    local code = "print(require('lunette').csv(arg[1]):sort('text'):agg('n = count()', 'l = last(n)'))"
    local got = support.run({ "--memory", "14M", "-e", code, path }, { env = { LUNETTE_TMPDIR = "/nonexistent" } })
    assert.equal(1, got.status)
    assert.matches("none can be made in /nonexistent", got.err, 1, true)
  end)
end)
