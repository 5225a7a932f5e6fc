-- What people write who come from SQL or data frames is answered with how it is written here.
local lunette = require "lunette"

local q = lunette.table { { name = "s", values = { "a" } }, { name = "n", values = { 1 } }, { name = "b", values = { true } },
  { name = "t", values = { lunette.time "2021-11-15" } } }

local function message(fn, ...)
  local ok, e = pcall(fn, ...)
  assert.is_false(ok)
  return tostring(e)
end

local function of_expression(text) return message(q.derive, q, "v = " .. text) end

describe("a function that isn't one here", function()
  it("is told by the name it has", function()
    for theirs, ours in pairs {
      to_lower = "lower", ["if"] = "if_else", iif = "if_else", is_not_null = "not_null", regexp_matches = "matches",
      n_unique = "count_distinct", approx_count_distinct = "count_distinct_approx", percentile = "quantile",
      string_agg = "list", bool_or = "any", stdev = "stddev",
    } do
      assert.matches(("no function '%s' (did you mean '%s'?)"):format(theirs, ours), of_expression(theirs .. "(s)"), 1, true)
    end
  end)

  it("is told as the operator or the parameter that it is", function()
    for text, ours in pairs {
      ["pow(n, 2)"] = "x ^ y", ["concat(s, s)"] = "a .. b", ["is_in(n, 1)"] = "x in (a, b)", ["now()"] = "$now",
      ["cast(n, 'int')"] = "int(x)", ["mod(n, 2)"] = "x % y",
    } do
      assert.matches(": write " .. ours, of_expression(text), 1, true)
    end
  end)

  it("but a window's is told where it goes, for each that windows have", function()
    for name, arguments in pairs { row_number = "", rank = "", dense_rank = "", lag = "n", lead = "n", cumsum = "n",
      cumcount = "", rolling_mean = "n, 2", rolling_sum = "n, 2", rolling_min = "n, 2", rolling_max = "n, 2",
      fill_forward = "n", fill_backward = "n" } do
      local call = ("%s(%s)"):format(name, arguments)
      assert.are.equal(1, #q:window { order = "n", "v = " .. call })
      assert.matches("no function '" .. name .. "': write window {", of_expression(call), 1, true)
    end
  end)
end)

describe("a slip in a window", function()
  it("is told by the nearest of its functions", function()
    assert.matches("no function 'lagg' (did you mean 'lag'?)", message(q.window, q, { "v = lagg(n)" }), 1, true)
    assert.matches("no function 'row_numbr' (did you mean 'row_number'?)", message(q.window, q, { "v = row_numbr()" }), 1, true)
    assert.matches("no function 'lowr' (did you mean 'lower'?)", message(q.window, q, { "v = lowr(s)" }), 1, true)
  end)
end)

describe("operands that don't go together", function()
  it("are told how they would", function()
    assert.matches("texts are joined by '..'", of_expression "s + 'a'", 1, true)
    assert.matches("int(x) makes a bool 0 or 1", of_expression "b + 1", 1, true)
    assert.matches("the function is written t:year()", of_expression "t.year", 1, true)
  end)
end)

describe("tables that don't go together", function()
  local other = lunette.table { { name = "n", values = { "1" } } }

  it("are told what to make of their columns", function()
    assert.matches([[derive "n = string(n)"]], message(q.concat, q, other), 1, true)
    assert.matches([[on the left: derive "n = string(n)"]], message(q.join, q, other, "n"), 1, true)
    assert.matches([[on the right: derive "n = string(n)"]], message(other.join, other, q, "n"), 1, true)
    assert.matches([[on the left: derive "t = string(t)"]], message(q.join, q, q:rename "s2 = s", { "t = s2" }), 1, true)
  end)
end)

describe("options of verbs", function()
  it("are listed where none is near, and asked for by name", function()
    assert.matches("no option of join is called 'how'; there are kind, suffix", message(q.join, q, q, "n", { how = "left" }), 1, true)
    assert.matches("unpivot takes its options by name, as in { columns = … }", message(q.unpivot, q, { "n", "s" }), 1, true)
  end)
end)
