-- The kinds of charts on paper. What they show is what the terminal's `reduce` made of the rows, at a finer grain; each
-- function draws below `top` and returns where the picture ends.
local axis = require "lunette.terminal.axis"
local paper = require "lunette.svg.paper"

local kinds = {}

local LEFT, RIGHT = 70, 16

-- A text cut to about so many pixels.
local function short(text, pixels)
  local most = math.max(3, pixels // 7)
  local n = utf8.len(text) or #text
  if n <= most then return text end
  return text:sub(1, (utf8.offset(text, most) or most + 1) - 1) .. "…"
end

local function legend(sheet, key, top)
  local x = LEFT
  for _, entry in ipairs(key:used()) do
    local name = short(entry.name, 200)
    local needed = 30 + 7 * (utf8.len(name) or #name)
    if x + needed > sheet.width and x > LEFT then x, top = LEFT, top + 20 end
    sheet:rect(x, top + 6, 11, 11, paper.hex(entry.colour))
    sheet:text(x + 16, top + 16, name)
    x = x + needed
  end
  return top + 26
end

-- The value axis: lines at round numbers from `low` to `high`; returns the function from values to places.
-- Where it is logarithmic, values are exponents of ten.
local function scale(sheet, top, height, low, high, is_log)
  local function y(value) return top + height - (value - low) / (high - low) * height end
  for _, at in ipairs((is_log and axis.log_ticks or axis.ticks)(low, high, 5)) do
    sheet:line(LEFT, y(at), sheet.width - RIGHT, y(at), paper.LINE)
    sheet:text(LEFT - 8, y(at) + 4, axis.number(is_log and tonumber(("%.3g"):format(10 ^ at)) or at), "end", paper.QUIET)
  end
  return y
end

function kinds.bar(sheet, data, top, paint)
  local most, least, step = 0, 0, 24
  for _, bar in ipairs(data.bars) do most, least = math.max(most, bar.value), math.min(least, bar.value) end
  local left, room = 190, sheet.width - 190 - 150
  local unit = room / (most - least > 0 and most - least < math.huge and most - least or 1)
  local zero = left - least * unit
  for i, bar in ipairs(data.bars) do
    local y, x = top + (i - 1) * step, zero
    sheet:text(left - 8, y + 16, short(bar.name, 180), "end")
    for _, part in ipairs(bar.parts or {}) do
      sheet:rect(x, y + 3, part.value * unit, step - 7, paper.hex(part.entry.colour), part.entry.name .. " " .. axis.number(part.value))
      x = x + part.value * unit
    end
    if not bar.parts and bar.value == bar.value then
      local fill = paper.hex(bar.entry and bar.entry.colour or paint:colour(1))
      sheet:rect(math.min(zero, zero + bar.value * unit), y + 3, math.abs(bar.value) * unit, step - 7, fill)
      x = math.max(zero, zero + bar.value * unit)
    end
    local amount = axis.measure(data.measure, bar.value)
    sheet:text(x + 6, y + 16, amount .. (bar.note and "  " .. short(bar.note, 110) or ""), "start", paper.QUIET)
  end
  top = top + #data.bars * step + 6
  if data.left > 0 then
    sheet:text(left, top + 12, ("… %d more of %d"):format(data.left, data.of), "start", paper.QUIET)
    top = top + 20
  end
  return data.stacked and legend(sheet, data.legend, top) or top
end

-- Standing columns with labels below: stacks[column] = { { value, colour, name } … }.
local function standing(sheet, top, stacks, labels)
  local height, most = 260, 0
  for _, stack in ipairs(stacks) do
    local sum = 0
    for _, part in ipairs(stack) do sum = sum + part.value end
    most = math.max(most, sum)
  end
  local y = scale(sheet, top, height, 0, axis.round_up(most))
  local step = (sheet.width - LEFT - RIGHT) / #stacks
  for column, stack in ipairs(stacks) do
    local sum = 0
    for _, part in ipairs(stack) do
      sheet:rect(LEFT + (column - 1) * step, y(sum + part.value), step * (step > 4 and 0.92 or 1), y(sum) - y(sum + part.value),
        part.fill, part.title)
      sum = sum + part.value
    end
  end
  sheet:line(LEFT, y(0), sheet.width - RIGHT, y(0), paper.QUIET)
  local every, last = math.max(1, math.ceil(90 / step)), #stacks
  for column = 1, last, every do sheet:text(LEFT + (column - 0.5) * step, y(0) + 18, labels(column), "middle", paper.QUIET) end
  return y(0) + 28
end

function kinds.area(sheet, data, top)
  local stacks, starts = {}, data.starts
  local is_time, is_number = data.x_type == "time", type(starts[1]) == "number"
  local span = is_number and starts[#starts] - starts[1]
  local function label(column)
    if is_time then return axis.time(starts[column], span) end
    return short(is_number and axis.number(starts[column]) or tostring(starts[column]), 88)
  end
  for column = 1, #starts do
    stacks[column] = {}
    local at = is_time and axis.full_time(starts[column]) or label(column)
    for _, one in ipairs(data.series) do
      local value = one.values[column]
      if value > 0 then
        table.insert(stacks[column], { value = value, fill = paper.hex(one.entry.colour),
          title = ("%s, %s: %s"):format(at, one.entry.name, axis.number(value)) })
      end
    end
  end
  top = standing(sheet, top, stacks, label)
  return data.has_color and legend(sheet, data.legend, top) or top
end

function kinds.histogram(sheet, data, top, paint)
  local stacks, n = {}, #data.counts
  local function edge(i) return data.low + (data.high - data.low) * (i - 1) / n end
  local function text(value)
    return data.x_type == "time" and axis.full_time(value) or axis.number(tonumber(("%.4g"):format(value)))
  end
  for i, count in ipairs(data.counts) do
    stacks[i] = count > 0 and { { value = count, fill = paper.hex(paint:colour(1)),
      title = ("%s to %s: %s"):format(text(edge(i)), text(edge(i + 1)), axis.number(count)) } } or {}
  end
  return standing(sheet, top, stacks, function(i)
    return data.x_type == "time" and axis.time(edge(i), data.high - data.low) or text(edge(i))
  end)
end

local function plotted(sheet, data, top)
  local range, height = data.range, 320
  local y = scale(sheet, top, height, range.y_low, range.y_high, data.log)
  local wide = sheet.width - LEFT - RIGHT
  local function x(value) return LEFT + (value - range.x_low) / (range.x_high - range.x_low) * wide end
  for _, at in ipairs(axis.ticks(range.x_low, range.x_high, 7)) do
    local text = range.x_type == "time" and axis.time(at, range.x_high - range.x_low)
      or not range.names and axis.number(at) or range.names[math.floor(at)] and tostring(range.names[math.floor(at)])
    if text then sheet:text(x(at), top + height + 18, short(text, 100), "middle", paper.QUIET) end
  end
  sheet:line(LEFT, top + height, sheet.width - RIGHT, top + height, paper.QUIET)
  return x, y, top + height + 28
end

function kinds.line(sheet, data, top)
  local x, y, bottom = plotted(sheet, data, top)
  local points, order = {}, {}
  local step = (data.range.x_high - data.range.x_low) / (data.columns * 2 - 1)
  for _, row in ipairs(data.rows) do
    if not points[row.entry] then
      points[row.entry] = {}
      order[#order + 1] = row.entry
    end
    local list, at = points[row.entry], x(data.range.x_low + row.bin * step)
    local ends = row.n > 1 and { row.first, row.low, row.high, row.last } or { row.first }
    for _, value in ipairs(ends) do list[#list + 1], list[#list + 2] = at, y(value) end
  end
  for _, entry in ipairs(order) do sheet:polyline(points[entry], paper.hex(entry.colour)) end
  return data.has_color and legend(sheet, data.legend, bottom) or bottom
end

function kinds.scatter(sheet, data, top)
  local x, y, bottom = plotted(sheet, data, top)
  local range, most = data.range, 1
  for _, row in ipairs(data.rows) do most = math.max(most, row.n) end
  for _, row in ipairs(data.rows) do
    local at_x = range.x_low + row.bin * (range.x_high - range.x_low) / (data.columns * 2 - 1)
    local at_y = range.y_high - row.line * (range.y_high - range.y_low) / (data.lines * 4 - 1)
    sheet:circle(x(at_x), y(at_y), most > 1 and 2.5 + 7 * math.sqrt(row.n / most) or 3, paper.hex(row.entry.colour),
      data.has_color and row.entry.name or nil)
  end
  return data.has_color and legend(sheet, data.legend, bottom) or bottom
end

function kinds.map(sheet, data, top)
  local land = require "lunette.terminal.land"
  local unit = sheet.width / 360
  local height = (land.NORTH - land.SOUTH) * unit
  local words = {}
  for row = 0, land.NORTH - land.SOUTH - 1 do
    local start
    for column = 0, 360 do
      local is_land = column < 360 and land.at(column - 179.5, land.NORTH - row - 0.5)
      if is_land and not start then start = column end
      if start and not is_land then
        words[#words + 1] = ("M%.1f %.1fh%.1fv%.1fh-%.1fz"):format(start * unit, top + row * unit, (column - start) * unit, unit,
          (column - start) * unit)
        start = nil
      end
    end
  end
  sheet:path(table.concat(words), paper.LAND)
  local most = 1
  for _, dot in ipairs(data.dots) do most = math.max(most, dot.weight) end
  table.sort(data.dots, function(a, b)
    if a.weight ~= b.weight then return a.weight > b.weight end
    if a.y ~= b.y then return a.y < b.y end
    return a.x < b.x
  end)
  for _, dot in ipairs(data.dots) do
    sheet:circle((dot.x + 0.5) / (data.columns * 2) * sheet.width, top + (dot.y + 0.5) / (data.lines * 4) * height,
      2 + 9 * math.sqrt(dot.weight / most), paper.hex(dot.entry.colour), dot.entry.name .. " " .. axis.number(dot.weight))
  end
  return data.has_color and legend(sheet, data.legend, top + height) or top + height + 8
end

return kinds
