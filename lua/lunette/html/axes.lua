-- Figures with axes as the page's script takes them: bars, lines and areas, heatmaps, histograms, boxes. Sums where
-- several rows meet; what doesn't fit is folded or left out, and counted.
local lunette = require "lunette"
local colours = require "lunette.html.colours"
local encode = require "lunette.html.encode"
local values = require "lunette.html.values"

local axes = {}

local MAX_BARS = 40
local MAX_CELLS = 40 -- rows and columns of a heatmap
local MAX_BOXES = 40
local BINS = 30

-- The bar of each row: the first ones by their own names; where bars can be added up, all others as one.
local function bar_names(xs, is_additive)
  local names, order, seen = {}, {}, {}
  for i = 1, #xs do
    local name = colours.name(xs[i])
    if not seen[name] then seen[name], order[#order + 1] = true, name end
    names[i] = name
  end
  if #order <= MAX_BARS or not is_additive then return names end
  local kept, single, rests, is_folded = 0, 0, {}, {}
  for _, name in ipairs(order) do
    if colours.is_rest(name) then
      rests[#rests + 1], is_folded[name] = name, true
    elseif kept < MAX_BARS - 1 then
      kept = kept + 1
    else
      single, is_folded[name] = single + 1, true
    end
  end
  local label = values.rest_label(single, rests)
  for i, name in ipairs(names) do names[i] = is_folded[name] and label or name end
  return names
end

-- Where each row stands on the axis.
local function places(item, types, kind)
  local xs = values.of(item, "x")
  if kind == "category" then return item.kind == "bar" and bar_names(xs, types[item.y] == "int") or xs end
  local out = {}
  for i = 1, #xs do out[i] = values.position(xs[i], types[item.x]) or false end
  return out
end

-- The name of each row's series.
local function series_names(item, ranking, n)
  local names, raw = values.of(item, "color"), {}
  for i = 1, n do raw[i] = names and colours.name(names[i]) or item.y end
  local folded = names and values.folded(raw, item, ranking, true) or {}
  for i, name in ipairs(raw) do raw[i] = folded[name] or name end
  return raw, folded
end

-- Fills the gaps of a series, so that it is a list as long as the axis.
local function filled(one, n)
  for _, key in ipairs { "values", "low", "high" } do
    for i = 1, one[key] and n or 0 do
      if one[key][i] == nil then one[key][i] = lunette.null end
    end
  end
end

local function new_series(item, name, is_rest)
  local one = { name = name, values = encode.list {}, rest = is_rest }
  if item.low and item.high and not is_rest then one.low, one.high = encode.list {}, encode.list {} end
  return one
end

-- Rows as series over a shared axis: sums where several rows meet.
local function pivot(item, ranking, most)
  local types = values.types(item.data)
  local kind = values.axis_type(types[item.x], item.kind)
  local xs, ys = places(item, types, kind), values.of(item, "y")
  local lows, highs = values.of(item, "low"), values.of(item, "high")
  local names, folded = series_names(item, ranking, #xs)
  local axis, at_of, series, by_name, n_left, left = encode.list {}, {}, encode.list {}, {}, 0, {}
  for i = 1, #xs do
    local x = xs[i]
    if kind == "category" then x = colours.name(x) end
    local at = x and at_of[x]
    if x and not at and (#axis < most or kind ~= "category") then
      at = #axis + 1
      axis[at], at_of[x] = x, at
    elseif x and not at and not left[x] then
      left[x], n_left = true, n_left + 1
    end
    local y = at and values.number(ys[i])
    if y then
      local one = by_name[names[i]]
      if not one then
        one = new_series(item, names[i], colours.is_rest(names[i]))
        by_name[names[i]], series[#series + 1] = one, one
      end
      one.values[at] = (one.values[at] or 0) + y
      if one.low then one.low[at], one.high[at] = values.number(lows[i]), values.number(highs[i]) end
    end
  end
  for _, one in ipairs(series) do filled(one, #axis) end
  local column = colours.column(item)
  return { axis = axis, axis_type = kind, series = series, of = #axis + n_left, is_folded = next(folded) ~= nil },
    column and ranking[column] and column
end

-- The single name behind each bar, where each has one only: its label.
local function bar_labels(item, drawn)
  if not item.color or item.stacked or item.color == item.x then return nil end
  local labels, seen = encode.list {}, {}
  local xs, names = values.of(item, "x"), values.of(item, "color")
  local at_of = {}
  for i, x in ipairs(drawn.axis) do at_of[x] = i end
  for i = 1, #xs do
    local at = at_of[colours.name(xs[i])]
    if at and seen[at] then return nil end -- several rows to a bar: the legend tells
    if at then seen[at], labels[at] = true, colours.name(names[i]) end
  end
  return labels
end

function axes.bar(item, ranking)
  local out, column = pivot(item, ranking, MAX_BARS)
  if out.axis_type == "category" then out.labels = bar_labels(item, out) end
  return out, column
end

function axes.line(item, ranking) return pivot(item, ranking, 400) end
axes.area = axes.line

-- Measures stand in their order, whatever order they came in.
local function in_order(names, at_of, position_of)
  table.sort(names, function(a, b) return (position_of[a] or -math.huge) < (position_of[b] or -math.huge) end)
  for i, name in ipairs(names) do at_of[name] = i end
end

-- Numbers the distinct names of a column up to a limit, those of `first` before the others; the rest get no number.
local function numbered(list, type_name, first)
  local names, at_of, n, occurs, position_of = encode.list {}, {}, 0, {}, {}
  for i = 1, first and #list or 0 do occurs[colours.name(list[i])] = true end
  for _, name in ipairs(first or {}) do
    if occurs[name] then
      n = n + 1
      names[n], at_of[name] = name, n
    end
  end
  for i = 1, #list do
    local name = colours.name(list[i])
    if at_of[name] == nil then
      n = n + 1
      if n <= MAX_CELLS then names[n] = name end
      at_of[name] = n <= MAX_CELLS and n
    end
    position_of[name] = values.position(list[i], type_name)
  end
  if type_name == "int" or type_name == "float" or type_name == "time" then in_order(names, at_of, position_of) end
  return names, at_of
end

function axes.heatmap(item)
  local xs, ys, sizes = values.of(item, "x"), values.of(item, "y"), values.of(item, item.size and "size" or "color")
  local types = values.types(item.data)
  local rows, row_of = numbered(ys, types[item.y])
  local columns, column_of = numbered(xs, types[item.x], rows) -- where both have the same names, they meet on the diagonal
  local cells = encode.list {}
  for i = 1, #xs do
    local x, y = column_of[colours.name(xs[i])], row_of[colours.name(ys[i])]
    if x and y then cells[#cells + 1] = { x - 1, y - 1, sizes and values.number(sizes[i]) or 1 } end
  end
  return { axis = columns, rows = rows, cells = cells, drawn = #cells, of = #xs }
end

-- A step of 1, 2 or 5 times a power of ten that makes about BINS of the span; whole days or hours for times.
local function bin_width(span, is_time)
  local raw = span / BINS
  if is_time then
    for _, ms in ipairs { 1e3, 6e4, 3.6e6, 8.64e7 } do
      if raw < ms then return ms end
    end
    return math.ceil(raw / 8.64e7) * 8.64e7
  end
  local power = 10.0 ^ math.floor(math.log(raw, 10))
  for _, factor in ipairs { 1, 2, 5 } do
    if raw <= factor * power * 1.0000001 then return factor * power end
  end
  return 10 * power
end

local function extremes(xs, type_name)
  local low, high = math.huge, -math.huge
  for i = 1, #xs do
    local x = values.position(xs[i], type_name)
    if x then low, high = math.min(low, x), math.max(high, x) end
  end
  return low, high
end

-- Counts in bins of equal width; `y`, where given, weighs the rows.
function axes.histogram(item)
  local type_name = values.types(item.data)[item.x]
  local xs, weights = values.of(item, "x"), values.of(item, "y")
  local low, high = extremes(xs, type_name)
  local edges, counts, n = encode.list {}, encode.list {}, 0
  local out = { edges = edges, counts = counts, x_type = values.axis_type(type_name, "histogram"), of = #xs, drawn = 0 }
  if low > high or high - low == math.huge then return out end
  local width = high > low and bin_width(high - low, type_name == "time") or 1
  local start = math.floor(low / width)
  local bins = math.floor(high / width) - start + 1
  for i = 1, bins + 1 do edges[i] = (start + i - 1) * width end
  for i = 1, bins do counts[i] = 0 end
  for i = 1, #xs do
    local x = values.position(xs[i], type_name)
    if x then
      local bin = math.max(1, math.min(bins, math.floor(x / width) - start + 1))
      counts[bin], n = counts[bin] + (weights and values.number(weights[i]) or 1), n + 1
    end
  end
  out.drawn = n
  return out
end

-- A quantile of sorted numbers, between neighbours linearly.
local function quantile(sorted, q)
  local at = 1 + (#sorted - 1) * q
  local low = math.floor(at)
  local next_one = sorted[math.min(low + 1, #sorted)]
  return sorted[low] + (next_one - sorted[low]) * (at - low)
end

function axes.box(item)
  local xs, ys = values.of(item, "x"), values.of(item, "y")
  local names, by_name = encode.list {}, {}
  for i = 1, #ys do
    local name, y = xs and colours.name(xs[i]) or item.y, values.number(ys[i])
    if y then
      if not by_name[name] then
        by_name[name] = {}
        names[#names + 1] = name
      end
      table.insert(by_name[name], y)
    end
  end
  local axis, boxes = encode.list {}, encode.list {}
  for i = 1, math.min(#names, MAX_BOXES) do
    local sorted = by_name[names[i]]
    table.sort(sorted)
    axis[i] = names[i]
    boxes[i] = { sorted[1], quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75), sorted[#sorted] }
  end
  return { axis = axis, boxes = boxes, drawn = #axis, of = #names }
end

return axes
