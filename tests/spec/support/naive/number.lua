-- Functions of numbers, nulls, bools, and conversions, again.
local function float(x) return x + 0.0 end

local function rounded(x, digits)
  local scale = 10.0 ^ (digits or 0)
  local y = math.abs(x) * scale
  y = math.floor(y + 0.5)
  return x < 0 and -y / scale or y / scale
end

local function close(f) return { f, near = true } end

local function least(row) return math.min(row.i, row.j) end
local function greatest(row) return math.max(row.i, row.j) end

local function trimmed_number(s, pattern)
  return s:match("^" .. pattern .. "$") and tonumber(s)
end

return {
  cases = {
    { "abs(i)", { "i" }, function(row) return math.abs(row.i) end },
    { "abs(f)", { "f" }, function(row) return math.abs(row.f) end },
    { "floor(f)", { "f" }, function(row) return float(math.floor(row.f)) end },
    { "floor(i)", { "i" }, function(row) return row.i end },
    { "ceil(f)", { "f" }, function(row) return float(math.ceil(row.f)) end },
    { "round(f)", { "f" }, function(row) return rounded(row.f) end },
    { "round(f, 1)", { "f" }, close(function(row) return rounded(row.f, 1) end) },
    { "round(i)", { "i" }, function(row) return row.i end },
    { "sqrt(abs(f))", { "f" }, function(row) return math.sqrt(math.abs(row.f)) end },
    { "sqrt(i)", { "i" }, function(row) return row.i < 0 and 0 / 0 or math.sqrt(row.i) end },
    { "log(abs(f) + 1)", { "f" }, close(function(row) return math.log(math.abs(row.f) + 1) end) },
    { "log(abs(f) + 1, 3)", { "f" }, close(function(row) return math.log(math.abs(row.f) + 1) / math.log(3) end) },
    { "log2(abs(f) + 1)", { "f" }, close(function(row) return math.log(math.abs(row.f) + 1, 2) end) },
    { "log10(abs(f) + 1)", { "f" }, close(function(row) return math.log(math.abs(row.f) + 1, 10) end) },
    { "exp(f / 100)", { "f" }, close(function(row) return math.exp(row.f / 100) end) },
    { "is_nan(0 * (f / i))", { "f", "i" }, function(row) local x = 0 * (row.f / row.i) return x ~= x end },
    { "least(i, j)", { "i", "j" }, least },
    { "least(i, j, 3)", { "i", "j" }, function(row) return math.min(least(row), 3) end },
    { "greatest(i, j)", { "i", "j" }, greatest },
    { "greatest(f, i)", { "f", "i" }, function(row) return float(math.max(row.f, row.i)) end },
    { "is_null(i)", {}, function(row) return row.i == nil end },
    { "not_null(f)", {}, function(row) return row.f ~= nil end },
    { "coalesce(i, j, 7)", {}, function(row) return row.i or row.j or 7 end },
    { "coalesce(f, i)", {}, function(row) return row.f or row.i and float(row.i) end },
    { "if_else(b, i, j)", {}, function(row) if row.b then return row.i end return row.j end },
    { "if_else(i > 3, 'big', 'small')", {}, function(row) return row.i and row.i > 3 and "big" or "small" end },
    { "null_if(i, j)", {}, function(row) if row.i ~= row.j then return row.i end end },
    { "null_if(i, 3)", {}, function(row) if row.i ~= 3 then return row.i end end },
    { "int(f)", { "f" }, function(row) return math.tointeger(row.f < 0 and math.ceil(row.f) or math.floor(row.f)) end },
    { "int(b)", { "b" }, function(row) return row.b and 1 or 0 end },
    { "int(string(i))", { "i" }, function(row) return row.i end },
    { "float(i)", { "i" }, function(row) return float(row.i) end },
    { "float(b)", { "b" }, function(row) return row.b and 1.0 or 0.0 end },
    { "float(string(f))", { "f" }, function(row) return row.f end },
    { "bool(i)", { "i" }, function(row) return row.i ~= 0 end },
    { "bool(string(b))", { "b" }, function(row) return row.b end },
    { "string(i)", { "i" }, function(row) return ("%d"):format(row.i) end },
    { "string(b)", { "b" }, function(row) return tostring(row.b) end },
    { "try_int(n)", { "n" }, function(row) return math.tointeger(trimmed_number(row.n, "[+-]?%d+")) end },
    { "try_float(n)", { "n" }, function(row)
      local x = trimmed_number(row.n, "[+-]?%d+%.?%d*") or trimmed_number(row.n, "[+-]?%.%d+")
      return x and float(x)
    end },
    { "try_bool(n)", { "n" }, function(row)
      if row.n:lower() == "true" then return true end
      if row.n == "false" then return false end
    end },
  },
  columns = {
    i = function(random) return random(5) == 1 and random(-1000000, 1000000) or random(-5, 9) end,
    j = function(random) return random(-4, 6) end,
    f = function(random) return random(-4000, 4000) / 8 end,
    b = function(random) return random(2) == 1 end,
    n = function(random)
      local forms = { "12", "-7", "+3", "1.5", "-0.25", "12a", "", "true", "false", "x", "007", "--1", "1 2", "True" }
      return forms[random(#forms)]
    end,
  },
}
