-- A world map in braille: coasts quietly, places in the colours (or letters) of what is most there; more dots where there
-- is more.
local axis = require "lunette.terminal.axis"
local canvas = require "lunette.terminal.canvas"
local land = require "lunette.terminal.land"
local legend = require "lunette.terminal.legend"
local reduce = require "lunette.terminal.reduce"

local map = {}

local WIDEST = 150
local NORTH, SOUTH = land.NORTH, land.SOUTH

local function size_of(options)
  local columns = options.columns or math.max(20, math.min(options.width, WIDEST))
  return columns, math.floor(columns * 2 * (NORTH - SOUTH) / 360 / 4 + 0.5)
end

--- The rows put together to the map's dots: { x, y, entry, weight }.
---@param item table
---@param options lunette.DrawOptions
---@return table
function map.reduce(item, options)
  local columns, lines = size_of(options)
  local all = reduce.columns(item, { "#lat", "#lon", "color", "#size" })
  local rows = all:filter "lat >= -90 and lat <= 90 and lon >= -180 and lon <= 180"
  local weight = item.size and "coalesce(size, 0.0)" or "1.0"
  local totals = all:agg(("n = sum(%s)"):format(weight), "rows = count()"):first()
  rows = rows:derive(("weight = %s"):format(weight),
    "x = least(int((lon + 180.0) * $x_step), $x_last)",
    "y = least(greatest(int(floor(($north - lat) * $y_step)), 0), $y_last)",
    { north = NORTH, x_step = columns * 2 / 360, x_last = columns * 2 - 1, y_step = lines * 4 / (NORTH - SOUTH),
      y_last = lines * 4 - 1 })
  rows = rows:group_by(table.unpack(item.color and { "x", "y", "color" } or { "x", "y" })):agg "n = sum(weight)":collect()
  local data = { columns = columns, lines = lines, dots = {}, has_color = item.color ~= nil, shown = 0, total = totals.n or 0 }
  local names = {}
  if item.color then
    names = rows:group_by("color"):agg("n = sum(n)"):sort("-n", "color"):column("color"):values()
    for i = 1, #names do names[i] = reduce.name(names[i]) end
  end
  data.legend = item.color and legend.of(item, options.ranking, names, options.paint)
    or legend.new({ item.title or "" }, options.paint)
  for row in rows:rows() do
    local entry = data.legend:entry(item.color and reduce.name(row.color) or item.title or "", row.n)
    data.dots[#data.dots + 1] = { x = row.x, y = row.y, entry = entry, weight = row.n }
    data.shown = data.shown + row.n
  end
  return data
end

-- Land whose neighbour is water.
local function draw_coast(field)
  local function is_land(x, y)
    local lon = (x + 0.5) / field.wide * 360 - 180
    local lat = NORTH - (y + 0.5) / field.high * (NORTH - SOUTH)
    return land.at(lon, lat)
  end
  for y = 0, field.high - 1 do
    for x = 0, field.wide - 1 do
      if is_land(x, y) and not (is_land(x - 1, y) and is_land(x + 1, y) and is_land(x, y - 1) and is_land(x, y + 1)) then
        field:mark(x, y)
      end
    end
  end
end

--- The lines of a map with its legend.
---@param data table what `reduce` gave
---@param options lunette.DrawOptions
---@return string[]
function map.draw(data, options)
  local paint, field = options.paint, canvas.new(data.columns, data.lines)
  draw_coast(field)
  for _, dot in ipairs(data.dots) do field:dot(dot.x, dot.y, dot.entry, dot.weight) end
  field:swell()
  local lines = field:draw(paint, data.has_color)
  if data.has_color then
    local key = data.legend:lines(options.width, function(entry) return entry.name .. " " .. axis.number(entry.weight) end)
    table.move(key, 1, #key, #lines + 1, lines)
  end
  if data.total > data.shown then
    lines[#lines + 1] = paint:dress("dim", ("%s of %s without a place"):format(axis.number(data.total - data.shown),
      axis.number(data.total)))
  end
  return lines
end

return map
