-- Groups are the same ones, in the same order, however they are found: by codes, through an array or a hash table.
local lunette = require "lunette"

local function key_of(row, names)
  local parts = {}
  for i, name in ipairs(names) do parts[i] = tostring(row[name]) end
  return table.concat(parts, "|")
end

--- Groups in order of first appearance with the number of their rows and the sum of `v`, found row by row in Lua.
local function naive(query, names)
  local order, groups = {}, {}
  for row in query:rows() do
    local key = key_of(row, names)
    if not groups[key] then
      groups[key] = { n = 0, v = 0 }
      order[#order + 1] = key
    end
    groups[key].n = groups[key].n + 1
    groups[key].v = groups[key].v + row.v
  end
  return order, groups
end

local function check(query, ...)
  local names = { ... }
  local order, groups = naive(query, names)
  local result = query:group_by(...):agg("n = count()", "sum = sum(v)"):collect()
  assert.equal(#order, #result)
  local i, wrong = 0, nil
  for row in result:rows() do
    i = i + 1
    local key = key_of(row, names)
    local group = groups[key]
    if not wrong and (order[i] ~= key or group.n ~= row.n or group.v ~= row.sum) then wrong = i .. ": " .. key end
  end
  assert.is_nil(wrong)
end

--- A table of n rows with the number i, from 0, the value v, and what the expressions say.
local function rows(n, ...)
  local values = {}
  for i = 1, n do values[i] = i - 1 end
  return lunette.table { i = values }:derive("v = i % 1000", ...):collect()
end

describe("group_by", function()
  it("finds whole numbers whose range widens both ways from batch to batch", function()
    check(rows(60000, "k = i % (1 + i // 100) - i // 300"), "k")
  end)

  it("goes on when their range has become too wide for an array, and at the ends of 64 bits", function()
    check(rows(20000, "k = if_else(i < 9000, i % 50, i * 100003 % 1000000007)"), "k")
    check(rows(5000, "k = if_else(i % 3 == 0, -9223372036854775807 - 1, if_else(i % 3 == 1, 9223372036854775807, i % 7))"),
      "k")
    check(rows(5000, "k = if_else(i < 3000, 9223372036854775807 - i % 5, null)"), "k")
    check(rows(5000, "k = if_else(i < 3000, -9223372036854775807 - 1 + i % 5, -9223372036854775807)"), "k")
    local wide = "if_else(i < 4096, 2 + i % 2, if_else(i < 8192, i % 9, 30 + i % 99))"
    for _, places in ipairs { "if_else(i < 4096, i % 4, 20 + i % 31)", wide } do
      check(rows(20000, "k = 9223372036854775807 - " .. places), "k")
      check(rows(20000, "k = -9223372036854775807 - 1 + " .. places), "k")
    end
  end)

  it("goes on so in every morsel of a long table", function()
    check(rows(400000, "k = if_else(i % 131072 < 5000, i % 50, i * 100003 % 10007 * 1000)"), "k")
  end)

  it("finds combinations of small keys with nulls", function()
    local t = rows(60000, "a = if_else(i % 11 == 0, null, i * 7 % 90 - 40)", "b = if_else(i % 13 == 0, null, i % 5 == 0)",
      "s = if_else(i % 17 == 0, null, 'x' .. i * 31 % 40)", "t = time(i // 20000)")
    check(t, "a", "b")
    check(t, "s", "a")
    check(t, "b", "s", "a", "t")
    check(t, "b")
    check(t, "t")
    check(t, "a")
  end)

  it("finds texts that come with several dictionaries", function()
    local one = rows(9000, "s = 'x' .. i % 40", "w = i % 3")
    local two = rows(9000, "s = if_else(i % 9 == 0, null, 'x' .. (i % 60 + 20))", "w = i % 4")
    local both = lunette.concat { one, two, one }
    check(both, "s")
    check(both, "s", "w")
    check(both:filter "s ~= 'x3'", "w", "s")
    assert.equal(80, both:group_by():agg("n = count_distinct(s)"):first().n)
  end)

  it("puts many groups from all partitions in their order", function()
    local t = rows(120000, "a = i * 7919 % 90007", "s = if_else(i % 1009 == 0, null, 'n' .. i * 31 % 700)")
    check(t, "a", "s")
    check(t:derive "f = if_else(i % 7 == 0, null, a / 3)", "f")
    check(lunette.concat { t, rows(1000, "a = i", "s = 'other' .. i % 3") }, "a", "s")
  end)
end)
