-- Charts of one's own: lunette.chart{…} is a report's chart without a report. It is drawn with characters on a terminal,
-- and saved as a page or a picture.
local access = require "lunette.access"
local core = require "lunette.core"
local errors = require "lunette.errors"
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
  local holder = report.new { plugin = "chart", version = core.version, title = fields.title or fields.name,
    params = {} }
  local item = holder:add_chart(given, "lunette.chart")
  local lacks = require("lunette.chart_kinds").lacks(item)
  if lacks then errors.raise("argument", "%s", lacks) end
  return setmetatable({ item = item, report = holder }, meta)
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

-- The chart as a page of its own.
local function page_of(self)
  local about = require "lunette.html.about"
  self.report.input = { rows = #self.item.data, rejected = 0, files = {} }
  return require("lunette.html").page({ self.report }, { title = self.item.title, time = about.time(), command = about.command(),
    input = self.report.input, databases = {} })
end

local writers = {
  html = page_of,
  svg = function(self) return require("lunette.svg").draw(self.item, require("lunette.html.colours").rank { self.report }) end,
  txt = function(self) return table.concat(self:lines { width = 100 }, "\n") .. "\n" end,
}
writers.htm = writers.html

--- Saves the chart; the ending says as what: .html (a page with the chart and its table), .svg (a picture), .txt.
---@param path string
function Chart:save(path)
  if type(path) ~= "string" then errors.raise("argument", "save takes a path, not a %s", type(path)) end
  local ending = (path:match "%.(%w+)$" or ""):lower()
  if not writers[ending] then
    errors.raise("argument", "a chart is saved as .html, .svg or .txt, not as '%s'%s", path, errors.meant(ending, errors.keys(writers)))
  end
  access.check("write", path)
  core.write_bytes(path, writers[ending](self))
end

meta.__tostring = function(self) return table.concat(self:lines(), "\n") end

return { chart = chart.new, class = Chart }
