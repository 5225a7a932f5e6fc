-- Charts as the page's script takes them: aggregated and limited here, so that the page stays small and draws at once
-- however long the data is. What is folded or left out is counted.
local errors = require "lunette.errors"
local lunette = require "lunette"
local colours = require "lunette.html.colours"
local encode = require "lunette.html.encode"

local charts = {}

local MAX_BARS = 60
local MAX_POINTS = 6000
local MAX_CELLS = 40 -- rows and columns of a heatmap
local MAX_LINKS = 120
local MAX_BOXES = 40
local BINS = 30

local function types_of(data)
  local out = {}
  for _, column in ipairs(data:schema()) do out[column.name] = column.type end
  return out
end

local function values(item, key) return item[key] and item.data:column(item[key]):values() end

local function number(value)
  if value == nil or rawequal(value, lunette.null) then return nil end
  return tonumber(value)
end

-- Numbers, and times as milliseconds, which is what the page's axes take.
local function position(value, type_name)
  if value == nil or rawequal(value, lunette.null) then return nil end
  return type_name == "time" and value.us // 1000 or tonumber(value)
end

-- What a chart's axis is: of time, of numbers, or of categories.
local function axis_type(type_name, kind)
  if type_name == "time" then return "time" end
  if (type_name == "int" or type_name == "float") and kind ~= "bar" then return "number" end
  return "category"
end

-- How a chart's names are coloured: name -> the name it is drawn under, and the palette's column.
local function folding(item, ranking)
  local column, own = colours.column(item), {}
  if column and not ranking[column] then column = nil end
  for _, name in ipairs(column and ranking[column] or {}) do own[name] = true end
  return column, own
end

-- Gathers names that have no colour of their own under one, which says how many they are.
local function fold(names, own, is_drawn)
  local folded, n, rest = {}, 0, {}
  for _, name in ipairs(names) do
    if not folded[name] and not own[name] and not colours.is_rest(name) and is_drawn then
      folded[name], n = true, n + 1
    elseif colours.is_rest(name) then
      rest[name] = true
    end
  end
  if n < 2 and not next(rest) then return {} end
  local label = ("other (%d)"):format(n)
  for _, name in ipairs(errors.keys(folded)) do folded[name] = label end
  return folded
end

-- Rows as series over a shared axis: sums where several rows meet.
local function pivot(item, ranking, x_limit)
  local types = types_of(item.data)
  local x_type = axis_type(types[item.x], item.kind)
  local xs, ys, names = values(item, "x"), values(item, "y"), values(item, "color")
  local column, own = folding(item, ranking)
  local raw = {}
  for i = 1, names and #names or 0 do raw[i] = colours.name(names[i]) end
  local folded = fold(raw, own, column ~= nil and column == item.color)
  local axis, at_of, series, by_name, left = encode.list {}, {}, encode.list {}, {}, {}
  for i = 1, #xs do
    local x = xs[i]
    if x_type == "category" then x = colours.name(x) else x = position(x, types[item.x]) end
    local at = x ~= nil and at_of[x]
    if x ~= nil and not at and #axis < x_limit then
      at = #axis + 1
      axis[at], at_of[x] = x, at
    elseif x ~= nil and not at then
      left[x] = true
    end
    local y = at and number(ys[i])
    if y then
      local name = raw[i] and (folded[raw[i]] or raw[i]) or item.y
      local one = by_name[name]
      if not one then
        one = { name = name, values = encode.list {}, rest = folded[raw[i]] ~= nil or colours.is_rest(name) }
        by_name[name], series[#series + 1] = one, one
      end
      one.values[at] = (one.values[at] or 0) + y
    end
  end
  for _, one in ipairs(series) do
    for i = 1, #axis do
      if one.values[i] == nil then one.values[i] = lunette.null end
    end
  end
  return { axis = axis, axis_type = x_type, series = series, of = #axis + #errors.keys(left) }, column
end

-- The single name behind each bar whose series was folded, for its label.
local function bar_labels(item, drawn)
  if not item.color or item.stacked then return nil end
  local labels, seen = encode.list {}, {}
  local xs, names = values(item, "x"), values(item, "color")
  local at_of = {}
  for i, x in ipairs(drawn.axis) do at_of[x] = i end
  for i = 1, #xs do
    local at = at_of[colours.name(xs[i])]
    if at and seen[at] then return nil end -- several rows to a bar: the legend tells
    if at then seen[at], labels[at] = true, colours.name(names[i]) end
  end
  return labels
end

local draw = {}

function draw.bar(item, ranking)
  local out, column = pivot(item, ranking, MAX_BARS)
  out.labels = bar_labels(item, out)
  return out, column
end

function draw.line(item, ranking) return pivot(item, ranking, math.huge) end
draw.area = draw.line

-- The rows with the largest sizes, as indexes in their order of size.
local function largest(sizes, n, most)
  local order = {}
  for i = 1, n do order[i] = i end
  if not sizes then return table.move(order, 1, math.min(n, most), 1, {}) end
  table.sort(order, function(a, b)
    local x, y = number(sizes[a]) or 0, number(sizes[b]) or 0
    if x ~= y then return x > y end
    return a < b
  end)
  return table.move(order, 1, math.min(n, most), 1, {})
end

-- Points with a size and a colour: what scatter plots and maps are made of.
local function points(item, ranking, x_key, y_key)
  local types = types_of(item.data)
  local xs, ys, sizes = values(item, x_key), values(item, y_key), values(item, "size")
  local names, labels = values(item, "color"), values(item, "label")
  local column, own = folding(item, ranking)
  local raw = {}
  for i = 1, #xs do raw[i] = names and colours.name(names[i]) or item.title end
  local folded = fold(raw, own, column ~= nil)
  local series, by_name, drawn = encode.list {}, {}, 0
  for _, i in ipairs(largest(sizes, #xs, MAX_POINTS)) do
    local x, y = position(xs[i], types[item[x_key]]), position(ys[i], types[item[y_key]])
    if x and y then
      local name = folded[raw[i]] or raw[i]
      local one = by_name[name]
      if not one then
        one = { name = name, points = encode.list {}, rest = folded[raw[i]] ~= nil or colours.is_rest(name) }
        by_name[name], series[#series + 1] = one, one
      end
      local point = { x, y, sizes and number(sizes[i]) or 1 }
      if labels or folded[raw[i]] then
        point[4] = labels and colours.name(labels[i]) or ""
        if folded[raw[i]] then point[5] = raw[i] end
      end
      one.points[#one.points + 1], drawn = point, drawn + 1
    end
  end
  return { series = series, drawn = drawn, of = #xs, x_type = axis_type(types[item[x_key]], item.kind),
    y_type = axis_type(types[item[y_key]], item.kind) }, column
end

function draw.scatter(item, ranking) return points(item, ranking, "x", "y") end
function draw.map(item, ranking) return points(item, ranking, "lon", "lat") end

-- Numbers the distinct names of a column up to a limit; the rest get no number.
local function numbered(list)
  local names, at_of = encode.list {}, {}
  for i = 1, #list do
    local name = colours.name(list[i])
    if not at_of[name] and #names < MAX_CELLS then
      names[#names + 1] = name
      at_of[name] = #names
    end
  end
  return names, at_of
end

function draw.heatmap(item)
  local xs, ys, sizes = values(item, "x"), values(item, "y"), values(item, item.size and "size" or "color")
  local columns, column_of = numbered(xs)
  local rows, row_of = numbered(ys)
  local cells = encode.list {}
  for i = 1, #xs do
    local x, y = column_of[colours.name(xs[i])], row_of[colours.name(ys[i])]
    if x and y then cells[#cells + 1] = { x - 1, y - 1, sizes and number(sizes[i]) or 1 } end
  end
  return { axis = columns, rows = rows, cells = cells, drawn = #cells, of = #xs }
end

-- Counts in bins of equal width; `y`, where given, weighs the rows.
function draw.histogram(item)
  local types = types_of(item.data)
  local xs, weights = values(item, "x"), values(item, "y")
  local low, high = math.huge, -math.huge
  for i = 1, #xs do
    local x = position(xs[i], types[item.x])
    if x and x == x then low, high = math.min(low, x), math.max(high, x) end
  end
  local edges, counts, n = encode.list {}, encode.list {}, 0
  if low > high then return { edges = edges, counts = counts, of = #xs, drawn = 0 } end
  local step = (high - low) / BINS
  local bins = step > 0 and BINS or 1
  for i = 1, bins do edges[i], counts[i] = low + (i - 1) * step, 0 end
  edges[bins + 1] = high
  for i = 1, #xs do
    local x = position(xs[i], types[item.x])
    if x and x == x then
      local bin = step > 0 and math.min(bins, math.floor((x - low) / step) + 1) or 1
      counts[bin], n = counts[bin] + (weights and number(weights[i]) or 1), n + 1
    end
  end
  return { edges = edges, counts = counts, x_type = axis_type(types[item.x], "histogram"), of = #xs, drawn = n }
end

-- A quantile of sorted numbers, between neighbours linearly.
local function quantile(sorted, q)
  local at = 1 + (#sorted - 1) * q
  local low = math.floor(at)
  local next_one = sorted[math.min(low + 1, #sorted)]
  return sorted[low] + (next_one - sorted[low]) * (at - low)
end

function draw.box(item)
  local xs, ys = values(item, "x"), values(item, "y")
  local names, by_name = encode.list {}, {}
  for i = 1, #ys do
    local name, y = xs and colours.name(xs[i]) or item.y, number(ys[i])
    if y and y == y then
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

-- Links between names, the largest of them.
local function links(item)
  local sources, targets, sizes = values(item, "source"), values(item, "target"), values(item, "size")
  local out = encode.list {}
  for _, i in ipairs(largest(sizes, #sources, MAX_LINKS)) do
    out[#out + 1] = { colours.name(sources[i]), colours.name(targets[i]), sizes and number(sizes[i]) or 1 }
  end
  return { links = out, drawn = #out, of = #sources }, item.source
end
draw.network, draw.sankey = links, links

-- The columns that each kind can't be drawn without.
local needs = { bar = { "x", "y" }, line = { "x", "y" }, area = { "x", "y" }, scatter = { "x", "y" }, map = { "lat", "lon" },
  heatmap = { "x", "y" }, histogram = { "x" }, box = { "y" }, network = { "source", "target" },
  sankey = { "source", "target" } }

local copied = { "name", "kind", "title", "note", "x", "y", "color", "size", "label", "stacked", "log", "x_title", "y_title" }

--- What the page draws a chart from; a chart that lacks a column comes without `data`, and says what it lacks.
---@param item table a report's chart
---@param ranking table<string, string[]> colours.rank's
---@return table
function charts.prepare(item, ranking)
  local out = {}
  for _, key in ipairs(copied) do out[key] = item[key] end
  for _, key in ipairs(needs[item.kind]) do
    if not item[key] then
      out.lacks = ("a %s needs the column '%s', which the analysis didn't name"):format(item.kind, key)
      return out
    end
  end
  out.data, out.palette = draw[item.kind](item, ranking)
  return out
end

return charts
