-- A chart as a picture of its own: SVG, drawn here, without a browser and without anything from outside.
local paint = require "lunette.terminal.paint"
local paper = require "lunette.svg.paper"
local chart_kinds = require "lunette.chart_kinds"

local svg = {}

local WIDTH, TOP = 900, 46

-- How each kind is made few (the terminal's `reduce`) and drawn.
local files = { bar = "bars", area = "timeline", line = "plot", scatter = "plot", histogram = "histogram", box = "box",
  heatmap = "heatmap", map = "map", network = "links", sankey = "links" }
local drawn_by = { box = { "grids", "box" }, heatmap = { "grids", "heatmap" }, network = { "grids", "links" },
  sankey = { "grids", "links" } }

-- Whether `reduce` left anything to draw.
local function is_empty(data)
  for _, key in ipairs { "bars", "starts", "counts", "boxes", "rows", "sources" } do
    if data[key] then return #data[key] == 0 end
  end
  return data.dots == nil
end

--- The picture of a chart.
---@param item table a report's chart
---@param ranking table<string, string[]> which names have colours of their own, by column
---@return string
function svg.draw(item, ranking)
  local options = { width = 200, columns = 300, lines = 100, ranking = ranking,
    paint = paint.new { depth = 24, unicode = true, dark = false } }
  local lacks = chart_kinds.lacks(item)
  local data = lacks and {} or require("lunette.terminal." .. files[item.kind]).reduce(item, options)
  local sheet = paper.new(WIDTH)
  sheet:text(16, 26, item.title, "start", paper.INK, 16)
  local by = drawn_by[item.kind] or { "kinds", item.kind }
  local bottom
  if is_empty(data) then
    sheet:text(16, TOP + 20, lacks or "nothing to draw", "start", paper.QUIET)
    bottom = TOP + 40
  else
    bottom = require("lunette.svg." .. by[1])[by[2]](sheet, data, TOP, options.paint)
  end
  if item.note then
    sheet:text(16, bottom + 16, item.note, "start", paper.QUIET)
    bottom = bottom + 24
  end
  sheet.height = bottom + 8
  return sheet:source(item.title)
end

return svg
