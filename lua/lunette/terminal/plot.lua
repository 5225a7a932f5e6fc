-- Lines and points in braille between two axes.
local axis = require "lunette.terminal.axis"
local canvas = require "lunette.terminal.canvas"
local legend = require "lunette.terminal.legend"
local lunette = require "lunette"
local reduce = require "lunette.terminal.reduce"

local plot = {}

local WIDEST, MARGIN = 140, 11

local function size_of(options)
  if options.columns then return options.columns, options.lines end
  return math.max(10, math.min(options.width, WIDEST) - MARGIN - 1), options.width >= 120 and 20 or 14
end

-- The rows with x and y as floats (y as its logarithm where the chart says so), and both ranges. Names on the x axis
-- become their numbers.
local function measured(item)
  local types, names = reduce.types(item), nil
  local rows
  if reduce.is_measure(types.x) then
    rows = reduce.columns(item, { "#x", "#y", "color", "#size" })
  else
    names = reduce.columns(item, { "x" }):filter("not_null(x)"):distinct():collect()
    local places = {}
    for i = 1, #names do places[i] = i + 0.0 end
    names = names:column("x"):values()
    local numbered = lunette.table { { name = "x", type = types.x, values = names },
      { name = "(place)", type = "float", values = places } }
    rows = reduce.columns(item, { "x", "#y", "color", "#size" }):join(numbered, "x")
      :derive("x = `(place)`"):drop "(place)"
  end
  if item.log then rows = rows:filter "y > 0":derive "y = log10(y)" end
  rows = rows:filter "x > -1e300 and x < 1e300 and y > -1e300 and y < 1e300":collect()
  local x_low, x_high = reduce.range(rows, "x")
  local y_low, y_high = reduce.range(rows, "y")
  return rows, x_low and { x_low = x_low, x_high = x_high, y_low = y_low, y_high = y_high, x_type = types.x, y_type = types.y,
    names = names }
end

-- Nothing is the natural start of an axis of amounts that come near it.
local function widened(range, log)
  if not log and range.y_low > 0 and range.y_low < range.y_high * 0.7 then range.y_low = 0 end
  for _, side in ipairs { "x", "y" } do
    local low, high = range[side .. "_low"], range[side .. "_high"]
    if high - low <= math.abs(high) * 1e-12 then
      local by = math.max(0.5, math.abs(high) * 1e-6)
      range[side .. "_low"], range[side .. "_high"] = low - by, high + by
    end
  end
  return range
end

-- The names of the colours, the one with the most rows first.
local function key_of(item, rows, options)
  if not item.color then return legend.new({ item.y }, options.paint) end
  local names = rows:group_by("color"):agg("n = count()"):sort("-n", "color"):column("color"):values()
  for i = 1, #names do names[i] = reduce.name(names[i]) end
  return legend.of(item, options.ranking, names, options.paint)
end

-- The columns to group by: with the colour where there is one.
local function by(item, ...)
  if item.color then return "color", ... end
  return ...
end

--- What a line or a scatter plot shows: ranges, legend, and for each dot place { x, y, entry, weight }, or for lines
--- series of { bin, first, last, low, high }.
---@param item table
---@param options lunette.DrawOptions
---@return table
function plot.reduce(item, options)
  local rows, range = measured(item)
  local data = { columns = 0, lines = 0, has_color = item.color ~= nil, log = item.log, is_line = item.kind ~= "scatter" }
  if not range then return data end
  data.columns, data.lines = size_of(options)
  data.range = widened(range, item.log)
  data.legend = key_of(item, rows, options)
  local places = { low = range.x_low, step = (range.x_high - range.x_low) / (data.columns * 2 - 1) }
  rows = rows:derive("bin = int(round((x - $low) / $step))", places)
  if data.is_line then
    rows = rows:sort "x":group_by(by(item, "bin")):agg("first = first(y)", "last = last(y)", "low = min(y)", "high = max(y)",
      "n = count()"):sort "bin"
  else
    places = { high = range.y_high, step = (range.y_high - range.y_low) / (data.lines * 4 - 1) }
    rows = rows:derive("line = int(round(($high - y) / $step))", places):group_by(by(item, "bin", "line"))
      :agg(item.size and "n = sum(greatest(size, 1e-9))" or "n = count()")
  end
  data.rows = {}
  for row in rows:collect():rows() do
    row.entry = data.legend:entry(item.color and reduce.name(row.color) or item.y, row.n)
    data.rows[#data.rows + 1] = row
  end
  return data
end

local function draw_lines(field, data)
  local range, before = data.range, {}
  local function line_of(y)
    return math.floor((range.y_high - y) / (range.y_high - range.y_low) * (field.high - 1) + 0.5)
  end
  for _, row in ipairs(data.rows) do
    local last = before[row.entry]
    if last then field:line(last.bin, line_of(last.last), row.bin, line_of(row.first), row.entry) end
    field:line(row.bin, line_of(row.low), row.bin, line_of(row.high), row.entry)
    before[row.entry] = row
  end
end

local function x_labels(data, paint)
  local range, labels = data.range, {}
  local span, last = range.x_high - range.x_low, math.max(1, data.columns - 1)
  if range.x_type == "int" or range.x_type == "float" then
    for _, at in ipairs(axis.ticks(range.x_low, range.x_high, data.columns // 14)) do
      labels[#labels + 1] = { math.floor((at - range.x_low) / span * last + 0.5), axis.short(at) }
    end
    return labels
  end
  for column = 0, data.columns - 1, 18 do
    local at = range.x_low + span * column / last
    local text = range.names and reduce.name(range.names[math.floor(at + 0.5)]) or axis.time(at, span)
    labels[#labels + 1] = { column, paint:cut(paint:cell(text), 17) }
  end
  return labels
end

-- The labels of the y axis by line; powers of ten where it is logarithmic.
local function y_labels(data)
  local range, labels = data.range, {}
  local ticks = data.log and axis.log_ticks or axis.ticks
  for _, at in ipairs(ticks(range.y_low, range.y_high, data.lines // 4)) do
    local line = math.floor((range.y_high - at) / (range.y_high - range.y_low) * (data.lines - 1) + 1.5)
    if range.y_type == "time" and not data.log then labels[line] = axis.time(at, range.y_high - range.y_low)
    else labels[line] = axis.short(data.log and tonumber(("%.3g"):format(10 ^ at)) or at) end
  end
  return labels
end

--- The lines of a plot.
---@param data table what `reduce` gave
---@param options lunette.DrawOptions
---@return string[]
function plot.draw(data, options)
  if not data.range then return {} end
  local paint, field = options.paint, canvas.new(data.columns, data.lines)
  if data.is_line then
    draw_lines(field, data)
  else
    for _, row in ipairs(data.rows) do field:dot(row.bin, row.line, row.entry, row.n) end
  end
  local labels = y_labels(data)
  local lines = field:draw(paint, data.has_color, function(row, line)
    local label = labels[line] or ""
    row:add(("%" .. MARGIN - 2 .. "s %s"):format(label, paint.unicode and (label ~= "" and "┤" or "│") or "|"), "dim")
  end)
  lines[#lines + 1] = paint:dress("dim", (" "):rep(MARGIN - 1) .. (paint.unicode and "└" .. ("─"):rep(data.columns)
    or "+" .. ("-"):rep(data.columns)))
  lines[#lines + 1] = paint:dress("dim", (" "):rep(MARGIN) .. axis.line(x_labels(data, paint), data.columns))
  if data.has_color then table.move(data.legend:lines(options.width), 1, 99, #lines + 1, lines) end
  return lines
end

return plot
