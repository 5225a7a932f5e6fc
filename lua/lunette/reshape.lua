-- Verbs that give data another shape: nulls filled, rows sampled or split, columns to rows and back. Adds its methods to
-- the query class.
local core = require "lunette.core"
local errors = require "lunette.errors"
local arguments = require "lunette.arguments"

local function quoted(name)
  if name:find("`", 1, true) then errors.raise("argument", "the name '%s' has a backtick, which can't be written", name) end
  return "`" .. name .. "`"
end

-- A list of column names that the query has; `names` may be one name.
local function columns_of(verb, option, self, names)
  if type(names) == "string" then names = { names } end
  if type(names) ~= "table" or #names == 0 then
    errors.raise("argument", "%s needs '%s': a column's name, or a list of names", verb, option)
  end
  self._plan:distinct(names) -- refuses what isn't a column, or is named twice
  return names
end

-- A list of strings, which may be given as one string or not at all.
local function list_of(option, x)
  if x == nil then return {} end
  if type(x) == "string" then return { x } end
  if type(x) ~= "table" then errors.raise("argument", "window: '%s' is a %s, not a name or a list", option, type(x)) end
  return #x > 0 and arguments.items("window", option, table.unpack(x)) or {}
end

local map_batch = 1024 -- rows that are Lua tables at a time

-- Calls `fn` for every row of a table; a column of what it gave.
local function map_rows(rows, name, type_name, fn)
  local values, at = {}, 0
  local function run()
    for first = 1, #rows, map_batch do
      for _, row in ipairs(rows:rows(first, map_batch)) do
        at = at + 1
        values[at] = fn(row)
      end
    end
  end
  local ok, e = pcall(run)
  if not ok then
    if core.is_error(e) and e.code == "cancelled" then error(e, 0) end
    errors.raise("value", "map '%s', row %d: %s", name, at, errors.text(e))
  end
  return core.column(type_name, values, #rows, name)
end

local unpivot_options = { columns = "any", name = "string", value = "string" }
local pivot_options = { keys = "any", columns = "string", value = "string", limit = "number" }

return function(query)
  local Query, after = query.Query, query.after

  --- Other values in the place of nulls: "column = expression" over the input's columns.
  ---@param ... string|table definitions, then parameters
  ---@return lunette.Query
  function Query:fill_null(...)
    local items, params = arguments.items("fill_null", "definition", ...)
    return after(self, self._plan:fill_null(items, params))
  end

  --- New columns that see the rows around: window { by = "ip", order = "time", "gap = time - lag(time)" }. The functions
  --- are row_number rank dense_rank lag lead cumsum cumcount rolling_mean rolling_sum rolling_min rolling_max first last
  --- fill_forward fill_backward;
  --- they see the rows with the same values of `by` (none: all), ordered by the sort keys `order` (none: as they stand).
  --- Rows stay where they are.
  ---@param options { by?: string|string[], order?: string|string[], [integer]: string }
  ---@param params? table<string, any>
  ---@return lunette.Query
  function Query:window(options, params)
    if type(options) ~= "table" then
      errors.raise("argument", "window takes a table: window { by = …, order = …, \"name = row_number()\" }")
    end
    local definitions, named = {}, {}
    for key, value in pairs(options) do
      if math.type(key) ~= "integer" then named[key] = value end
    end
    for i, text in ipairs(options) do definitions[i] = text end
    named = arguments.options("window", named, { by = "any", order = "any" })
    arguments.items("window", "definition", table.unpack(definitions))
    local by, order = list_of("by", named.by), list_of("order", named.order)
    return after(self, self._plan:window(by, order, definitions, arguments.params("window", params)), true)
  end

  --- A column that a Lua function makes of each row: map("score", "float", function(row) return row.hits * 2 end). nil is
  --- null. The slow path, a hundred times slower than an expression; `explain` names it. The function runs whenever the
  --- query does, once for each row, in order.
  ---@param name string
  ---@param type_name "bool"|"int"|"float"|"string"|"time"|"ip"
  ---@param fn fun(row: table<string, any>): any
  ---@return lunette.Query
  function Query:map(name, type_name, fn)
    if type(name) ~= "string" or type(type_name) ~= "string" then
      errors.raise("argument", "map takes a name, a type and a function: map(\"score\", \"float\", function(row) … end)")
    end
    if type(fn) ~= "function" then
      errors.raise("argument", "map takes a function that gets a row and gives a value, not a %s", type(fn))
    end
    local driver = require("lunette.access").bound(function(rows) return map_rows(rows, name, type_name, fn) end)
    return after(self, self._plan:map(name, type_name, driver), true)
  end

  --- `n` rows in their order, chosen by their numbers and the seed (0): the same ones every time.
  ---@param n integer
  ---@param seed? integer
  ---@return lunette.Query
  function Query:sample(n, seed)
    n = arguments.count("sample", n)
    seed = seed == nil and 0 or math.type(seed) and math.tointeger(seed)
    if not seed then errors.raise("argument", "the seed of sample is a whole number") end
    return after(self, self._plan:sample(n, seed), true)
  end

  --- A row for every piece of a string column between separators (","), the other columns repeated.
  ---@param column string
  ---@param separator? string
  ---@return lunette.Query
  function Query:explode(column, separator)
    if type(column) ~= "string" then errors.raise("argument", "explode takes a column's name, not a %s", type(column)) end
    return after(self, self._plan:explode(column, separator or ","))
  end

  -- Refuses columns that can't stand below each other: those of different types, but for int and float.
  local function check_one_type(self, columns)
    local type_of, first = {}, nil
    for _, column in ipairs(self:schema()) do type_of[column.name] = column.type end
    for _, name in ipairs(columns) do
      local kind = type_of[name] == "int" and "float" or type_of[name]
      first = first or { name = name, kind = kind }
      if kind ~= first.kind then
        errors.raise("type", "unpivot: '%s' is %s, but '%s' is %s, and a column has one type; make them text first: "
          .. "derive(\"%s = string(%s)\")", name, type_of[name], first.name, type_of[first.name], name, name)
      end
    end
  end

  --- Columns to rows: for each of `columns` in turn all rows, with its name in the column `name` and its value in the
  --- column `value`. The columns must be of one type (int and float become float).
  ---@param options { columns: string|string[], name?: string, value?: string }
  ---@return lunette.Query
  function Query:unpivot(options)
    options = arguments.options("unpivot", options, unpivot_options)
    local columns = columns_of("unpivot", "columns", self, options.columns)
    check_one_type(self, columns)
    local name, value = options.name or "name", options.value or "value"
    local melted, kept, parts = {}, {}, {}
    for _, column in ipairs(columns) do melted[column] = true end
    for _, column in ipairs(self:schema()) do
      if not melted[column.name] then kept[#kept + 1] = column.name end
    end
    for i, column in ipairs(columns) do
      local items = table.move(kept, 1, #kept, 1, {})
      items[#items + 1] = quoted(name) .. " = $column"
      items[#items + 1] = ("%s = %s"):format(quoted(value), quoted(column))
      items[#items + 1] = { column = column }
      parts[i] = self:select(table.unpack(items))
    end
    return query.concat(parts)
  end

  -- The distinct values of a column, in order, as values for parameters; null last.
  local function distinct_values(self, column, limit)
    local values = {}
    local found = self:select(column):distinct():sort(quoted(column)):head(limit + 1)
    for row in found:rows() do
      local value = row[column]
      values[#values + 1] = value == nil and query.null or value
    end
    if #values > limit then
      errors.raise("argument", "pivot: '%s' has more than %d values; raise the option 'limit', or filter first", column, limit)
    end
    return values
  end

  local function is_nan(value) return type(value) == "number" and value ~= value end

  -- The names of the columns for values, none of them taken: by a key or by another value (the text "null" and a null).
  local function pivot_names(values, keys)
    local names, taken = {}, {}
    for _, key in ipairs(keys) do taken[key] = true end
    for i, value in ipairs(values) do
      local name = value == query.null and "null" or is_nan(value) and "nan" or tostring(value):gsub("`", "'")
      if name == "" then name = "(empty)" end
      local unique, n = name, 1
      while taken[unique] do
        n = n + 1
        unique = ("%s_%d"):format(name, n)
      end
      names[i], taken[unique] = unique, true
    end
    return names
  end

  -- What stands in the cells: a row per combination of the keys and the column that there is, the name of its value's
  -- column, and the value of a combination that there isn't: what the aggregate gives over no rows.
  local function cells_of(self, keys, column, aggregate, params)
    local by, taken, value = table.move(keys, 1, #keys, 1, {}), {}, "value"
    for _, key in ipairs(keys) do taken[key] = true end
    if not taken[column] then by[#by + 1], taken[column] = column, true end
    while taken[value] do value = value .. "_" end
    local definition = ("%s = %s"):format(value, aggregate)
    local cells = self:group_by(table.unpack(by)):agg(definition, params or {})
    return cells, value, self:head(0):agg(definition, params or {}):first()[value]
  end

  --- Rows to columns: a row per combination of `keys`, and a column for each value of the column `columns`, with what the
  --- aggregate `value` gives over its rows. Which columns there are is found by running the query now. A value whose
  --- column would have a name that is taken gets `_2` behind it; the empty text is `(empty)`.
  ---@param options { keys: string|string[], columns: string, value: string, limit?: integer }
  ---@param params? table<string, any>
  ---@return lunette.Query
  function Query:pivot(options, params)
    options = arguments.options("pivot", options, pivot_options)
    local keys = columns_of("pivot", "keys", self, options.keys)
    local column = columns_of("pivot", "columns", self, options.columns)[1]
    if not options.value then errors.raise("argument", "pivot needs 'value': an aggregate, such as \"count()\"") end
    local long, value, absent = cells_of(self, keys, column, options.value, params)
    local values = distinct_values(self, column, options.limit or 500)
    if #values == 0 then return self:select(table.unpack(keys)):distinct() end
    local definitions, own = {}, { pivot_absent = absent }
    for i, name in ipairs(pivot_names(values, keys)) do
      local test = (values[i] == query.null and "is_null(%s)" or is_nan(values[i]) and "is_nan(%s)" or "%s == $pivot_" .. i)
        :format(quoted(column))
      if test:find("$", 1, true) then own["pivot_" .. i] = values[i] end
      local cell = ("first(%s) where %s"):format(quoted(value), test)
      if absent ~= nil then cell = ("if_else((count() where %s) > 0, (%s), $pivot_absent)"):format(test, cell) end
      definitions[i] = quoted(name) .. " = " .. cell
    end
    definitions[#definitions + 1] = own
    return long:group_by(table.unpack(keys)):agg(table.unpack(definitions))
  end

  query.null = require "lunette.core".null
end
