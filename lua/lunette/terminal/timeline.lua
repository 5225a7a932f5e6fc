-- What adds up over time (or along numbers or names): a stack of columns, and below it a line of its own for each name.
local lunette = require "lunette"
local words = require "lunette.kit.words"
local axis = require "lunette.terminal.axis"
local blocks = require "lunette.terminal.blocks"
local columns = require "lunette.terminal.columns"
local legend = require "lunette.terminal.legend"
local reduce = require "lunette.terminal.reduce"
local width = require "lunette.width"

local timeline = {}

local MOST_PERIODS = 4096 -- that are told apart before they are put together to columns
local WIDEST = 4          -- characters a column

-- The sums per x and name; more periods than can be told apart are put together by the engine.
local function sums_of(item, measure)
  local keys = { measure and "#x" or "x", "#y", "color" }
  local rows = reduce.columns(item, keys):filter(measure and "x > -1e300 and x < 1e300" or "not_null(x)")
  if measure and rows:agg("n = count_distinct(x)"):first().n > MOST_PERIODS then
    local low, high = reduce.range(rows, "x")
    rows = rows:derive("x = $low + floor((x - $low) / $step) * $step",
      { low = low, step = (high - low) / (MOST_PERIODS - 1) })
  end
  rows = rows:group_by(table.unpack(item.color and { "x", "color" } or { "x" })):agg "y = sum(y)"
  if measure then rows = rows:sort "x" end
  return rows:collect()
end

-- The distinct places in their order, and for measures the step between them: the smallest gap, or nil where all gaps are
-- about the same (months), so that the places can be counted.
local function places_of(xs, measure)
  local places, at_of = {}, {}
  for i = 1, #xs do
    if not at_of[xs[i]] then
      places[#places + 1] = xs[i]
      at_of[xs[i]] = #places
    end
  end
  if not measure or #places < 3 then return places, at_of, nil end
  local least, largest = math.huge, 0
  for i = 2, #places do
    local gap = places[i] - places[i - 1]
    least, largest = math.min(least, gap), math.max(largest, gap)
  end
  if largest <= least * 1.2 then return places, at_of, nil end
  return places, at_of, math.max(least, (places[#places] - places[1]) / (MOST_PERIODS - 1))
end

-- A time in seconds as the number of its month; nil where it isn't a month's beginning.
local function month_of(seconds)
  if seconds % 86400 ~= 0 then return nil end
  local time = lunette.time(math.tointeger(seconds) * 1000000)
  return time.day == 1 and time.year * 12 + time.month - 1 or nil
end

local function start_of_month(number)
  return lunette.time(("%04d-%02d-01"):format(number // 12, number % 12 + 1)).us // 1000000
end

-- The numbers of months in the place of times which are all beginnings of months, three or more of them, so that their columns are
-- months too, also those without a row; nil otherwise.
local function months_of(xs)
  local out, distinct = {}, 0
  for i, x in ipairs(xs) do
    out[i] = month_of(x)
    if not out[i] then return nil end
    if out[i] ~= out[i - 1] then distinct = distinct + 1 end
  end
  return distinct >= 3 and out or nil
end

-- The largest number of months that all gaps are multiples of.
local function common_step(months)
  local step = 0
  for i = 2, #months do
    local gap = months[i] - months[i - 1]
    while gap > 0 do step, gap = gap, step % gap end
  end
  return step
end

-- In which column a place goes, how many columns there are, and where each begins.
local function columns_for(places, at_of, step, room)
  local n = step and math.floor((places[#places] - places[1]) / step + 0.5) + 1 or #places
  local together = math.ceil(n / room)
  local function column_of(x)
    local at = step and math.floor((x - places[1]) / step + 0.5) or at_of[x] - 1
    return at // together + 1
  end
  local starts = {}
  for column = 1, math.ceil(n / together) do
    local at = (column - 1) * together
    starts[column] = step and places[1] + at * step or places[at + 1]
  end
  return column_of, starts, together
end

-- The names with the sum of each in each column.
local function series_of(rows, xs, column_of, n, has_color)
  local ys = rows:column("y"):values()
  local names = has_color and rows:column("color"):values()
  local out, by_name = {}, {}
  for i = 1, #xs do
    local name, y = names and reduce.name(names[i]) or "", reduce.number(ys[i]) or 0
    local one = by_name[name]
    if not one then
      one = { name = name, sum = 0, values = {} }
      for column = 1, n do one.values[column] = 0 end
      by_name[name], out[#out + 1] = one, one
    end
    local column = column_of(xs[i])
    one.values[column], one.sum = one.values[column] + y, one.sum + y
  end
  table.sort(out, function(a, b)
    if a.sum ~= b.sum then return a.sum > b.sum end
    return a.name < b.name
  end)
  return out
end

-- Series that share an entry of the legend (what is folded) as one.
local function folded(series, key)
  local out, by_entry = {}, {}
  for _, one in ipairs(series) do
    local entry = key:entry(one.name, math.max(one.sum, 1e-300))
    if by_entry[entry] then
      local sum = by_entry[entry]
      sum.sum = sum.sum + one.sum
      for column, value in ipairs(one.values) do sum.values[column] = sum.values[column] + value end
    else
      by_entry[entry] = { entry = entry, sum = one.sum, values = one.values }
    end
  end
  for _, entry in ipairs(key:used()) do out[#out + 1] = by_entry[entry] end
  return out
end

--- Series over columns: starts (of the columns), series { entry, sum, values }, x_type, column (how long one is, in words).
---@param item table
---@param options lunette.DrawOptions
---@return table
function timeline.reduce(item, options)
  local types = reduce.types(item)
  local measure = reduce.is_measure(types.x)
  local rows = sums_of(item, measure)
  if #rows == 0 then return { starts = {}, series = {} } end
  local xs = rows:column("x"):values()
  for i = 1, measure and 0 or #xs do xs[i] = reduce.name(xs[i]) end
  local months = types.x == "time" and months_of(xs)
  xs = months or xs
  local places, at_of, step = places_of(xs, measure)
  if months and step then step = common_step(places) end
  local room = math.max(10, options.width - 10)
  local column_of, starts, together = columns_for(places, at_of, step, room)
  local series = series_of(rows, xs, column_of, #starts, item.color ~= nil)
  local period = step or measure and #places > 1 and (places[#places] - places[1]) / (#places - 1) or nil
  local column = period and (months and words.count(math.floor(period * together + 0.5), "month") or axis.duration(period * together))
  for i = 1, months and #starts or 0 do starts[i] = start_of_month(starts[i]) end
  local names = {}
  for i, one in ipairs(series) do names[i] = one.name end
  local key = item.color and legend.of(item, options.ranking, names, options.paint)
    or legend.new({ item.y }, options.paint)
  if not item.color and series[1] then series[1].name = item.y end
  if not item.color then key.entries[1].letter = nil end
  return { starts = starts, series = folded(series, key), legend = key, x_type = types.x, column = column, has_color = item.color ~= nil }
end

-- Labels below the columns, about every sixteen characters.
local function labels_of(data, repeats, paint)
  local labels, starts = {}, data.starts
  local span = reduce.is_measure(data.x_type) and starts[#starts] - starts[1]
  for column, start in ipairs(starts) do
    local text
    if data.x_type == "time" then text = axis.time(start, span)
    elseif span then text = axis.short(start)
    else text = paint:cut(paint:cell(start), 15) end
    labels[column] = { (column - 1) * repeats, text }
  end
  local step, out = math.max(1, math.ceil(16 / repeats)), {}
  for column = 1, #labels, step do out[#out + 1] = labels[column] end
  return out
end

-- A line of its own for each name: mark, name, its course, its sum and the column in which it is largest.
local function course_lines(data, options)
  local paint, lines = options.paint, {}
  local names, sums = 0, 0
  for _, one in ipairs(data.series) do
    names, sums = math.max(names, width.of(one.entry.name)), math.max(sums, #axis.number(one.sum))
  end
  names = math.min(names, options.width // 3)
  local peaks = 0
  for _, start in ipairs(data.x_type == "time" and data.starts or {}) do
    peaks = math.max(peaks, #axis.full_time(start) + #"  most ")
  end
  local room = options.width - names - sums - 4
  if room - peaks < 12 then peaks = 0 end
  room = math.max(4, math.min(#data.starts, room - peaks))
  for _, one in ipairs(data.series) do
    local row, values, peak = paint:row(), {}, 1
    for column, value in ipairs(one.values) do
      local at = (column - 1) * room // #data.starts + 1
      values[at] = (values[at] or 0) + value
      if value > one.values[peak] then peak = column end
    end
    data.legend:mark(row, one.entry):add(" " .. paint:fit(one.entry.name, names) .. " ")
    row:add(blocks.spark(values, paint.unicode), one.entry.colour):add((" "):rep(room - #values))
    row:add((" %" .. sums .. "s"):format(axis.number(one.sum)))
    if peaks > 0 and one.sum > 0 then row:add("  most " .. axis.full_time(data.starts[peak]), "dim") end
    lines[#lines + 1] = row:text()
  end
  return lines
end

--- The lines of a stack of columns with its legend.
---@param data table what `reduce` gave
---@param options lunette.DrawOptions
---@return string[]
function timeline.draw(data, options)
  if #data.starts == 0 then return {} end
  local paint, stacks = options.paint, {}
  for column = 1, #data.starts do
    local stack = {}
    for _, one in ipairs(data.series) do
      if one.values[column] > 0 then stack[#stack + 1] = { entry = one.entry, value = one.values[column] } end
    end
    stacks[column] = stack
  end
  local repeats = math.max(1, math.min(WIDEST, (options.width - 10) // #stacks))
  local lines = columns.draw({ stacks = stacks, repeats = repeats, labels = labels_of(data, repeats, paint) },
    options.width >= 120 and 14 or 10, paint)
  if data.x_type == "time" then
    local note = axis.full_time(data.starts[1]) .. " to " .. axis.full_time(data.starts[#data.starts])
    if data.column then note = note .. "; a column is " .. data.column end
    lines[#lines + 1] = paint:dress("dim", paint:cut(note, options.width))
  end
  if data.has_color then table.move(course_lines(data, options), 1, 99, #lines + 1, lines) end
  return lines
end

return timeline
