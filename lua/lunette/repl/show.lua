-- Values as a session shows them: queries as tables, reports as `run` prints them, charts drawn, Lua tables opened.
local core = require "lunette.core"
local errors = require "lunette.errors"
local query = require "lunette.query"
local width = require "lunette.width"

local show = {}

local most_items, most_depth, most_text = 40, 4, 200

local is_identifier = "^[%a_][%w_]*$"

local function key_text(key)
  if type(key) == "string" and key:match(is_identifier) then return key end
  return "[" .. (type(key) == "string" and ("%q"):format(key) or tostring(key)) .. "]"
end

local value_text

-- The parts of a table between its braces: the array part first, then the rest in the order of the keys' text.
local function parts_of(value, depth, seen)
  local parts, keys, n = {}, {}, #value
  for i = 1, math.min(n, most_items) do parts[i] = value_text(value[i], depth + 1, seen) end
  for key in next, value do
    if not (math.type(key) == "integer" and key >= 1 and key <= n) then keys[#keys + 1] = key end
  end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for i = 1, math.min(#keys, most_items - #parts) do
    parts[#parts + 1] = key_text(keys[i]) .. " = " .. value_text(value[keys[i]], depth + 1, seen)
  end
  local left = n + #keys - #parts
  if left > 0 then parts[#parts + 1] = ("… %d more"):format(left) end
  return parts
end

function value_text(value, depth, seen)
  if type(value) == "string" then
    local text = ("%q"):format(value):gsub("\\\n", "\\n")
    return width.safe(#text > most_text and text:sub(1, most_text) .. '…"' or text)
  end
  if query.is_query(value) then
    return depth == 0 and tostring(value) or ("query (%d columns)"):format(#value:schema())
  end
  local meta = debug.getmetatable(value)
  if type(value) ~= "table" or meta and meta.__tostring then return width.safe(tostring(value)) end
  if seen[value] then return "{ … itself }" end
  if depth >= most_depth then return next(value) == nil and "{}" or "{ … }" end
  seen[value] = true
  local parts = parts_of(value, depth, seen)
  seen[value] = nil
  if #parts == 0 then return "{}" end
  local text = "{ " .. table.concat(parts, ", ") .. " }"
  if #text + 2 * depth <= 100 and not text:find "\n" then return text end
  local indent = ("  "):rep(depth + 1)
  return "{\n" .. indent .. table.concat(parts, ",\n" .. indent) .. ",\n" .. ("  "):rep(depth) .. "}"
end

--- A Lua value as text: strings in quotes, tables opened.
---@param value any
---@return string
function show.inspect(value) return value_text(value, 0, {}) end

-- A column's first values.
local function column_text(column, rows)
  local parts = {}
  for i = 1, math.min(#column, rows) do parts[i] = width.cell(tostring(column[i])) end
  if #column > rows then parts[#parts + 1] = ("… %d more"):format(#column - rows) end
  return ("column of %d %ss: %s"):format(#column, column.type, table.concat(parts, ", "))
end

--- A report as `run` prints it to a terminal.
---@param report lunette.Report
---@param layout { width: integer, paint: lunette.Paint }
---@param only? string the one table to show
---@param charts? boolean draw the figures (true)
---@return string
function show.report(report, layout, only, charts)
  return require("lunette.output").text(report, { paint = layout.paint, width = layout.width, charts = charts ~= false, wrap = true,
    only = only })
end

--- One value as text for a session's screen; a query is run.
---@param value any
---@param layout { rows: integer, width: integer, paint: lunette.Paint }
---@return string text
---@return integer? rows that the value has, where that is known without more work
function show.text(value, layout)
  if query.is_query(value) then return value:text(layout) end
  local meta = debug.getmetatable(value)
  local name = meta and rawget(meta, "__name")
  if name == "lunette.report" then return show.report(value, layout) end
  if name == "lunette.chart" then return table.concat(value:lines(layout), "\n") .. "\n" end
  if name == "lunette.column" then return column_text(value, layout.rows) .. "\n" end
  if core.is_error(value) then return errors.text(value) .. "\n" end
  if type(value) == "string" then return width.safe(value) .. "\n" end
  return show.inspect(value) .. "\n"
end

return show
