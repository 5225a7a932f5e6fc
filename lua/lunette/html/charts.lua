-- Charts as the page's script takes them: aggregated and limited here, so that the page stays small and draws at once
-- however long the data is. What is folded or left out is counted.
local axes = require "lunette.html.axes"
local chart_kinds = require "lunette.chart_kinds"
local places = require "lunette.html.places"

local charts = {}

local draw = { bar = axes.bar, line = axes.line, area = axes.area, heatmap = axes.heatmap, histogram = axes.histogram,
  box = axes.box, scatter = places.scatter, map = places.map, network = places.network, sankey = places.sankey }

local copied = { "name", "kind", "title", "note", "x", "y", "color", "size", "label", "lat", "lon", "country", "source",
  "via", "target", "stacked", "log", "x_title", "y_title" }

-- Whether there is anything in what is drawn.
local function is_empty(data)
  for _, key in ipairs { "series", "cells", "counts", "boxes", "links" } do
    if data[key] and #data[key] > 0 then return false end
  end
  return true
end

--- What the page draws a chart from; a chart that lacks a column, or that has nothing to draw, comes without `data`, and
--- says so.
---@param item table a report's chart
---@param ranking table<string, string[]> colours.rank's
---@return table
function charts.prepare(item, ranking)
  local out = {}
  for _, key in ipairs(copied) do out[key] = item[key] end
  out.lacks = chart_kinds.lacks(item)
  if out.lacks then return out end
  local data, palette = draw[item.kind](item, ranking)
  if is_empty(data) then
    out.lacks = #item.data == 0 and "nothing to draw: no row of the input belongs here" or "nothing to draw: no row has the values"
    return out
  end
  out.data, out.palette = data, palette
  return out
end

return charts
