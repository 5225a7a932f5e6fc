-- Charts of one's own: lunette.chart{…} is a report's chart without a report. It is drawn with characters on a terminal,
-- and saved as a page or a picture.
local report = require "lunette.report"
local terminal = require "lunette.terminal"

local chart = {}

---@class lunette.ChartFields
---@field kind string
---@field data lunette.Query
---@field title? string
---@field note? string
---@field x? string the columns that it draws: x, y, color, size, label, lat, lon, source, target
---@field stacked? boolean bars of several colours on one another
---@field log? boolean a logarithmic axis of amounts

---@class lunette.Chart
---@field item table the chart as a report has it: kind, title, data (a collected query), x, y, …
local Chart = {}
local meta = { __index = Chart, __name = "lunette.chart" }

--- A chart of a query: { kind =, data =, x =, y =, color =, … }, as for `ctx:chart`; runs the query.
--- Kinds: bar, line, area, scatter, histogram, box, heatmap (x, y, size), map (lat, lon), network and sankey (source, target).
---@param given lunette.ChartFields
---@return lunette.Chart
function chart.new(given)
  local fields = {}
  if type(given) == "table" then
    for key, value in pairs(given) do fields[key] = value end
    fields.name = fields.name or fields.title or "chart"
    given = fields
  end
  local holder = report.new { plugin = "chart", version = require("lunette.core").version, title = fields.title or fields.name,
    params = {} }
  return setmetatable({ item = holder:add_chart(given), report = holder }, meta)
end

--- The chart as lines of characters, its title first.
---@param options? { width?: integer, paint?: lunette.Paint }
---@return string[]
function Chart:lines(options)
  options = options or {}
  local paint, width = options.paint or terminal.file_paint(), require "lunette.width"
  local ranking = require("lunette.html.colours").rank { self.report }
  local lines = { paint:dress("bold", width.safe(self.item.title)) }
  if self.item.note then lines[2] = width.safe(self.item.note) end
  local drawn = require("lunette.terminal.charts").lines(self.item, { width = math.max(options.width or terminal.columns(), 20),
    paint = paint, ranking = ranking })
  table.move(drawn, 1, #drawn, #lines + 1, lines)
  for i, line in ipairs(lines) do lines[i] = paint.unicode and line or width.ascii(line) end
  return lines
end

--- Draws the chart on the standard output, in colours where that is a terminal.
function Chart:show()
  io.stdout:write(table.concat(self:lines { paint = terminal.paint(1) }, "\n"), "\n")
end

meta.__tostring = function(self) return table.concat(self:lines(), "\n") end

return { chart = chart.new }
