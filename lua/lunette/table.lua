-- Tables from Lua arrays.
local core = require "lunette.core"
local errors = require "lunette.errors"
local query = require "lunette.query"

local module = {}

-- The items of an array that may have holes: `n` if it says so, else up to its last number.
local function length_of(values)
  if type(values.n) == "number" then
    return math.tointeger(values.n) or errors.raise("argument", "table: n is %s, which is no number of rows", values.n)
  end
  local n = 0
  for key in pairs(values) do
    if math.type(key) == "integer" and key > n then n = key end
  end
  return n
end

-- The columns of either form as an array of { name, type, values }.
local function columns_of(spec)
  local columns = {}
  if spec[1] ~= nil then
    for i, column in ipairs(spec) do
      if type(column) ~= "table" or type(column.name) ~= "string" or type(column.values) ~= "table" then
        errors.raise("argument", "table: column %d must be { name = \"…\", type = \"…\", values = { … } }", i)
      end
      errors.check_keys("field of a column", column, { name = true, type = true, values = true })
      columns[i] = column
    end
    return columns
  end
  for _, name in ipairs(errors.keys(spec)) do
    if type(spec[name]) ~= "table" then
      errors.raise("argument", "table: the column '%s' is a %s, not an array of values", name, type(spec[name]))
    end
    columns[#columns + 1] = { name = name, values = spec[name] }
  end
  return columns
end

local most_empty, most_sparse = 1000000, 64

-- Arrays with holes are fine, but a length that has next to nothing to do with what there is, is a mistake that would
-- take hours and all memory to carry out.
local function check_length(columns, rows)
  if rows <= most_empty then return end
  local most, name = 0, columns[1].name
  for _, column in ipairs(columns) do
    local n = 0
    for key in pairs(column.values) do n = math.type(key) == "integer" and n + 1 or n end
    most = math.max(most, n)
    if length_of(column.values) == rows then name = column.name end
  end
  if rows > most * most_sparse then
    errors.raise("argument", "table: the column '%s' is %.0f rows long, but no column has more than %d values: is its n, or "
      .. "the number of one of its items, right?", name, rows, most)
  end
end

--- A table of arrays: `{ family = { … }, port = { … } }` (columns in the order of their names), or, in the order given,
--- `{ { name = "family", type = "string", values = { … } }, … }`. Null is nil or `lunette.null`; shorter columns end
--- with nulls. Types come from the values unless given: text becomes a time or an address where the type says so.
---@param spec table
---@return lunette.Query
function module.table(spec)
  if type(spec) ~= "table" then errors.raise("argument", "table takes a table of columns, not a %s", type(spec)) end
  local columns, rows = columns_of(spec), 0
  if #columns == 0 then errors.raise("argument", "table needs at least one column") end
  for _, column in ipairs(columns) do rows = math.max(rows, length_of(column.values)) end
  check_length(columns, rows)
  local names, built = {}, {}
  for i, column in ipairs(columns) do
    names[i], built[i] = column.name, core.column(column.type, column.values, rows, column.name)
  end
  return query.of_table(core.table(names, built))
end

return module
