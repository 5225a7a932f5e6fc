-- A chart of a report as lines of characters. Each kind has a file with two functions: `reduce` lets the engine make the
-- rows few, `draw` makes lines of what is left.
local errors = require "lunette.errors"

local charts = {}

---@class lunette.DrawOptions
---@field width integer
---@field paint lunette.Paint
---@field ranking table<string, string[]> which names have colours of their own, by column

local files = { bar = "bars", area = "timeline", line = "plot", scatter = "plot", histogram = "histogram", box = "box",
  heatmap = "heatmap", map = "map", network = "links", sankey = "links" }

-- The columns that each kind can't be drawn without.
local needs = { bar = { "x", "y" }, line = { "x", "y" }, area = { "x", "y" }, scatter = { "x", "y" }, map = { "lat", "lon" },
  heatmap = { "x", "y" }, histogram = { "x" }, box = { "y" }, network = { "source", "target" },
  sankey = { "source", "target" } }

--- The chart's lines, without its title. Raises for a chart that lacks a column.
---@param item table a report's chart
---@param options lunette.DrawOptions
---@return string[]
function charts.lines(item, options)
  for _, key in ipairs(needs[item.kind]) do
    if not item[key] then errors.raise("argument", "the chart '%s': a %s needs the field '%s'", item.name, item.kind, key) end
  end
  local kind = require("lunette.terminal." .. files[item.kind])
  local lines = kind.draw(kind.reduce(item, options), options)
  if #lines == 0 then lines[1] = options.paint:dress("dim", "(nothing to draw)") end
  return lines
end

return charts
