-- Which name gets which colour of the page. A family keeps its colour in every figure, so the names of a column are ranked
-- once, over all figures; the most frequent get the palette's colours, all others are drawn as "other".
local core = require "lunette.core"
local lunette = require "lunette"

local colours = {}

-- How many colours the page's palette has (assets/report/theme.js).
colours.PALETTE = 11

--- A value as the name of a category.
---@param value any
---@return string
function colours.name(value)
  if value == nil or rawequal(value, lunette.null) then return "(none)" end
  return core.text(value) or "(none)"
end

--- Whether a name stands for what an analysis has folded together.
---@param name string
---@return boolean
function colours.is_rest(name) return name:match "^other %(" ~= nil end

-- The column whose values are told apart by colour, and the column that says how much each weighs.
local function roles(item)
  if item.kind == "heatmap" or item.kind == "histogram" or item.kind == "box" then return nil end
  if item.kind == "network" or item.kind == "sankey" then return item.source, item.size end
  if item.kind == "map" or item.kind == "scatter" then return item.color, item.size end
  if item.color then return item.color, item.y end
  if item.kind == "bar" then return item.x, item.y end
end

local function type_of(data, name)
  for _, column in ipairs(data:schema()) do
    if column.name == name then return column.type end
  end
end

--- The column whose values a chart tells apart by colour, if any: categories, not measures.
---@param item table a report's chart
---@return string? column, string? weight
function colours.column(item)
  local column, weight = roles(item)
  if not column then return nil end
  local type_name = type_of(item.data, column)
  if type_name == "float" or type_name == "time" or type_name ~= "string" and column ~= item.color then return nil end
  return column, weight
end

-- What charts of shares and scores add: those can't be added up, so they only order names that no count orders.
local MINOR = 1e-6

-- Adds each name's share of a chart to `ranks`.
local function weigh(ranks, item, column, weight)
  local names, sizes = item.data:column(column):values(), weight and item.data:column(weight):values()
  local factor = weight and type_of(item.data, weight) ~= "int" and MINOR or 1
  local sums, total = {}, 0
  for i = 1, #names do
    local size = sizes and tonumber(sizes[i]) or not sizes and 1 or 0
    local name = colours.name(names[i])
    sums[name], total = (sums[name] or 0) + size, total + size
  end
  for name, sum in pairs(sums) do
    if total > 0 and not colours.is_rest(name) then ranks[name] = (ranks[name] or 0) + factor * sum / total end
  end
end

--- The names with a colour of their own, by column, the most frequent first.
---@param reports lunette.Report[]
---@return table<string, string[]>
function colours.rank(reports)
  local by_column, is_shared = {}, {}
  for _, report in ipairs(reports) do
    for _, item in ipairs(report.charts) do
      local column, weight = colours.column(item)
      if column then
        is_shared[column] = by_column[column] ~= nil or item.kind ~= "bar" or item.color ~= nil
        by_column[column] = by_column[column] or {}
        weigh(by_column[column], item, column, weight)
      end
    end
  end
  local out = {}
  for column in pairs(by_column) do
    if not is_shared[column] then by_column[column] = nil end -- the bars' own names tell them apart
  end
  for column, ranks in pairs(by_column) do
    local names = {}
    for name in pairs(ranks) do names[#names + 1] = name end
    table.sort(names, function(a, b)
      if ranks[a] ~= ranks[b] then return ranks[a] > ranks[b] end
      return a < b
    end)
    out[column] = table.move(names, 1, math.min(#names, colours.PALETTE), 1, {})
  end
  return out
end

return colours
