-- A chart's rows made few by the engine, so that drawing takes as long as there are characters, not rows.
local colours = require "lunette.html.colours"
local core = require "lunette.core"
local lunette = require "lunette"

local reduce = {}

--- A column's name inside an expression.
---@param name string
---@return string
function reduce.quoted(name) return "`" .. name:gsub("`", "``") .. "`" end

--- The types of the columns that a chart names: key (x, y, …) -> type.
---@param item table a report's chart
---@return table<string, string>
function reduce.types(item)
  local by_name, out = {}, {}
  for _, column in ipairs(item.data:schema()) do by_name[column.name] = column.type end
  for _, key in ipairs { "x", "y", "color", "size", "label", "lat", "lon", "source", "target" } do
    if item[key] then out[key] = by_name[item[key]] end
  end
  return out
end

--- The chart's columns under the names of their keys. A key with `#` in front becomes a float (times: seconds).
---@param item table
---@param keys string[]
---@return lunette.Query
function reduce.columns(item, keys)
  local types, out = reduce.types(item), {}
  for _, key in ipairs(keys) do
    local name = key:match "^#?(.*)$"
    if item[name] then
      local column = reduce.quoted(item[name])
      if key:sub(1, 1) == "#" then
        column = types[name] == "ip" and "float(null)" or types[name] == "bool" and ("if_else(%s, 1.0, 0.0)"):format(column)
          or types[name] == "string" and ("try_float(%s)"):format(column) or ("float(%s)"):format(column)
      end
      out[#out + 1] = name .. " = " .. column
    end
  end
  return item.data:select(table.unpack(out))
end

--- Whether an axis has numbers or times, which have places, or names, which have an order only.
---@param type_name string
---@return boolean
function reduce.is_measure(type_name) return type_name == "int" or type_name == "float" or type_name == "time" end

--- The smallest and largest of finite values of a column of floats; nil without one.
---@param rows lunette.Query
---@param name string
---@return number? low, number? high
function reduce.range(rows, name)
  local row = rows:filter(("not is_nan(%s) and %s > -1e300 and %s < 1e300"):format(name, name, name))
    :agg(("low = min(%s)"):format(name), ("high = max(%s)"):format(name)):first()
  if row and row.low then return row.low, row.high end
end

--- A value as the name of a category; a time without what says nothing.
---@param value any
---@return string
function reduce.name(value)
  local name = colours.name(value)
  if core.type(value) == "time" then return (name:gsub("T00:00:00Z$", ""):gsub("T", " "):gsub("Z$", "")) end
  return name
end

--- A number, or nil for null.
---@param value any
---@return number?
function reduce.number(value)
  if value == nil or rawequal(value, lunette.null) then return nil end
  return tonumber(value)
end

return reduce
