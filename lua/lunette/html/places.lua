-- Figures of points and of links as the page's script takes them: scatter plots, maps with their countries, networks,
-- flows. The largest are drawn; how much of the whole those are is said.
local colours = require "lunette.html.colours"
local encode = require "lunette.html.encode"
local values = require "lunette.html.values"

local places = {}

local MAX_POINTS = 6000
local MAX_LINKS = 120

-- Points with a size and a colour.
local function points(item, ranking, x_key, y_key)
  local types = values.types(item.data)
  local xs, ys, sizes = values.of(item, x_key), values.of(item, y_key), values.of(item, "size")
  local names, labels = values.of(item, "color"), values.of(item, "label")
  local raw = {}
  for i = 1, #xs do raw[i] = names and colours.name(names[i]) or item.title end
  local folded = values.folded(raw, item, ranking, true)
  local series, by_name, drawn = encode.list {}, {}, 0
  local order = values.largest(sizes, #xs, MAX_POINTS)
  for k = 1, math.min(#order, MAX_POINTS) do
    local i = order[k]
    local x, y = values.position(xs[i], types[item[x_key]]), values.position(ys[i], types[item[y_key]])
    if x and y then
      local name = folded[raw[i]] or raw[i]
      local one = by_name[name]
      if not one then
        one = { name = name, points = encode.list {}, rest = colours.is_rest(name) }
        by_name[name], series[#series + 1] = one, one
      end
      local point = { x, y, sizes and values.number(sizes[i]) or 1 }
      if labels or folded[raw[i]] then
        point[4] = labels and colours.name(labels[i]) or ""
        if folded[raw[i]] then point[5] = raw[i] end
      end
      one.points[#one.points + 1], drawn = point, drawn + 1
    end
  end
  local column = colours.column(item)
  return { series = series, drawn = drawn, of = #xs, is_even = not sizes,
    part = drawn < #xs and values.part(sizes, order, MAX_POINTS) or nil,
    x_type = values.axis_type(types[item[x_key]], item.kind), y_type = values.axis_type(types[item[y_key]], item.kind),
    is_folded = next(folded) ~= nil }, column and ranking[column] and column
end

function places.scatter(item, ranking) return points(item, ranking, "x", "y") end

-- What each country has, the largest first.
local function countries(item)
  local codes, sizes = values.of(item, "country"), values.of(item, "size")
  local sums, order = {}, {}
  for i = 1, #codes do
    local code = colours.name(codes[i])
    if not sums[code] then sums[code], order[#order + 1] = 0, code end
    sums[code] = sums[code] + (sizes and values.number(sizes[i]) or 1)
  end
  table.sort(order, function(a, b)
    if sums[a] ~= sums[b] then return sums[a] > sums[b] end
    return a < b
  end)
  local out = encode.list {}
  for i, code in ipairs(order) do out[i] = { code, sums[code] } end
  return out
end

function places.map(item, ranking)
  local out, column = points(item, ranking, "lon", "lat")
  if item.country then out.countries = countries(item) end
  return out, column
end

-- Links between names, the largest of them.
function places.network(item)
  local sources, targets, sizes = values.of(item, "source"), values.of(item, "target"), values.of(item, "size")
  local out, order = encode.list {}, values.largest(sizes, #sources)
  for k = 1, math.min(#order, MAX_LINKS) do
    local i = order[k]
    out[k] = { colours.name(sources[i]), colours.name(targets[i]), sizes and values.number(sizes[i]) or 1 }
  end
  return { links = out, drawn = #out, of = #sources,
    part = #out < #sources and values.part(sizes, order, MAX_LINKS) or nil }, item.source
end

-- Adds up what flows from each name of one stage to each of the next; a stage is known by its number.
local function flow(out, by_key, stage, from, to, amount)
  local key = ("%d\0%s\0%s"):format(stage, from, to)
  local link = by_key[key]
  if not link then
    link = { from, to, 0, stage }
    by_key[key], out[#out + 1] = link, link
  end
  link[3] = link[3] + amount
end

-- Flows through two or three stages: source, via, target.
function places.sankey(item)
  local stages = { item.source, item.via, item.target }
  if not item.via then stages = { item.source, item.target } end
  local columns, sizes = {}, values.of(item, "size")
  for i, name in ipairs(stages) do columns[i] = item.data:column(name):values() end
  local order = values.largest(sizes, #columns[1])
  local n = math.min(#order, MAX_LINKS)
  local out, by_key = encode.list {}, {}
  for k = 1, n do
    local i = order[k]
    local amount = sizes and values.number(sizes[i]) or 1
    for stage = 1, #stages - 1 do
      flow(out, by_key, stage - 1, colours.name(columns[stage][i]), colours.name(columns[stage + 1][i]), amount)
    end
  end
  return { links = out, stages = encode.list(stages), drawn = n, of = #order,
    part = n < #order and values.part(sizes, order, n) or nil }, item.source
end

return places
