-- What the parts of the learner share: checked options, tables out of queries, tables with further columns.
local core = require "lunette.core"
local errors = require "lunette.errors"
local query = require "lunette.query"

local options = {}

--- Checks a table of options: `allowed` has the type of each. Returns it, an empty one for nil.
function options.check(what, given, allowed)
  if given ~= nil and type(given) ~= "table" then
    errors.raise("argument", "%s takes a table of options, not a %s", what, type(given))
  end
  for name, value in pairs(given or {}) do
    local wanted = allowed[name]
    if not wanted then
      errors.raise("name", "%s has no option '%s'%s", what, tostring(name),
        errors.meant(tostring(name), errors.keys(allowed)))
    elseif type(value) ~= wanted then
      errors.raise("argument", "%s: the option '%s' must be a %s, not a %s", what, name, wanted, type(value))
    end
  end
  return given or {}
end

--- The table that a query gives.
function options.table_of(what, data)
  if not query.is_query(data) then errors.raise("argument", "%s takes a query, not a %s", what, type(data)) end
  return data:handle()
end

--- A table with further columns at its end, replacing those of the same names.
function options.with_columns(data, added)
  local names, columns, place = {}, {}, {}
  for _, field in ipairs(data:schema()) do
    names[#names + 1] = field.name
    place[field.name] = #names
    columns[#columns + 1] = data:column(field.name)
  end
  for _, column in ipairs(added) do
    local at = place[column[1]] or #names + 1
    names[at], columns[at] = column[1], column[2]
  end
  return query.of_table(core.table(names, columns))
end

return options
