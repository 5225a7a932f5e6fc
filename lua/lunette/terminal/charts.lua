-- A chart of a report as lines of characters. Each kind has a file with two functions: `reduce` lets the engine make the
-- rows few, `draw` makes lines of what is left.
local charts = {}

---@class lunette.DrawOptions
---@field width integer
---@field paint lunette.Paint
---@field ranking table<string, string[]> which names have colours of their own, by column
---@field columns? integer of a plot or map, where it isn't for a terminal
---@field lines? integer

local files = { bar = "bars", area = "timeline", line = "plot", scatter = "plot", histogram = "histogram", box = "box",
  heatmap = "heatmap", map = "map", network = "links", sankey = "links" }

--- The chart's lines, without its title; what it lacks, if anything.
---@param item table a report's chart
---@param options lunette.DrawOptions
---@return string[]
function charts.lines(item, options)
  local lacks = require("lunette.chart_kinds").lacks(item)
  if lacks then return { options.paint:dress("dim", ("(%s)"):format(options.paint:cell(lacks))) } end
  local kind = require("lunette.terminal." .. files[item.kind])
  local lines = kind.draw(kind.reduce(item, options), options)
  if #lines == 0 then lines[1] = options.paint:dress("dim", "(nothing to draw)") end
  return lines
end

return charts
