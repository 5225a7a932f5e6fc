-- Every kind of chart drawn with characters, of data whose picture is known: 60 columns, no colour, or plain ASCII; a few in
-- colours with their codes shown.
local lunette = require "lunette"
local paint = require "lunette.terminal.paint"

local ascii = arg[1] == "ascii"

local function show(given, depth)
  local how = paint.new { depth = depth or 0, unicode = not ascii }
  for _, line in ipairs(lunette.chart(given):lines { width = 60, paint = how }) do print((line:gsub("\27", "\\e"))) end
  print()
end

local waves = { x = {}, y = {}, name = {}, day = {} }
for i = 1, 200 do
  waves.x[i], waves.y[i] = i * 1.0, 40 * math.sin(i / 16) + (i % 2 == 0 and 30 or 0)
  waves.name[i], waves.day[i] = i % 2 == 0 and "QakBot" or "Emotet", lunette.time "2021-01-01" + 86400 * i
end
waves = lunette.table(waves)
show { kind = "line", title = "A line", data = waves:filter "name == 'QakBot'", x = "day", y = "y" }
show { kind = "line", title = "Two lines", data = waves, x = "x", y = "y", color = "name" }
show { kind = "scatter", title = "Points", data = waves, x = "x", y = "y" }
show { kind = "histogram", title = "A histogram", data = waves, x = "y" }
show { kind = "box", title = "Boxes", data = waves, x = "name", y = "y" }

local counts = { week = {}, family = {}, n = {} }
for week = 0, 11 do
  for i, family in ipairs { "QakBot", "Emotet", "日本語" } do
    local at = #counts.n + 1
    counts.week[at], counts.family[at] = lunette.time "2021-09-06" + week * 7 * 86400, family
    counts.n[at] = (week * i * 7) % 23 + (i == 1 and week or 0)
  end
end
counts = lunette.table(counts)
show { kind = "area", title = "Stacked over time", data = counts, x = "week", y = "n", color = "family" }
show { kind = "bar", title = "Stacked bars", data = counts:filter "n > 15", x = "week", y = "n", color = "family", stacked = true }
show { kind = "bar", title = "Stacked bars in colour", data = counts:filter "n > 20", x = "week", y = "n", color = "family",
  stacked = true }
show { kind = "bar", title = "Bars below zero", data = lunette.table { name = { "up", "日本語", "down" }, v = { 3.5, 2.25, -1.5 } },
  x = "name", y = "v" }
show { kind = "heatmap", title = "A table of amounts", data = counts:derive "week = week:format('%m-%d')":head(15), x = "week",
  y = "family", size = "n" }

local square = { a = {}, b = {}, n = {} }
for i = 1, 14 do
  for j = 1, 14 do
    local at = #square.n + 1
    square.a[at], square.b[at], square.n[at] = ("family %d"):format(i), ("family %d"):format(j), i == j and 900 or (i * j) % 40
  end
end
square = lunette.table(square)
show { kind = "heatmap", title = "Many rows", data = square, x = "a", y = "b", color = "n" }
show { kind = "heatmap", title = "Two rows to a line", data = square:filter "n == 900 or n < 5", x = "a", y = "b", color = "n" }

local places = lunette.table { lat = { 52.5, 1.3, -33.9, 40.7, 35.7, -1.3 }, lon = { 13.4, 103.8, 151.2, -74.0, 139.7, 36.8 },
  n = { 100, 20, 3, 50, 1, 7 }, family = { "QakBot", "QakBot", "Emotet", "Emotet", "QakBot", "Emotet" } }
show { kind = "map", title = "Berlin, Singapore, Sydney, New York, Tokyo, Nairobi", data = places, lat = "lat", lon = "lon",
  size = "n", color = "family" }

local pairs_ = lunette.table { a = { "QakBot", "QakBot", "Emotet" }, b = { "Emotet", "TrickBot", "TrickBot" }, n = { 12, 3, 30 } }
show { kind = "network", title = "Links", data = pairs_, source = "a", target = "b", size = "n" }
show { kind = "bar", title = "Nothing", data = pairs_:filter "n > 100", x = "a", y = "n" }
if not ascii then
  for _, depth in ipairs { 16, 256, 24 } do
    show({ kind = "bar", title = ("%d"):format(depth), data = counts:filter "n > 20", x = "week", y = "n", color = "family",
      stacked = true }, depth)
  end
end
