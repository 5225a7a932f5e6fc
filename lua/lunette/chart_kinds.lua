-- The kinds of charts: which columns each can't be drawn without, and of what type they must be. The one place that
-- knows it; reports, pages, pictures and the terminal ask here.
local chart_kinds = {}

-- "any" is a column of any type, "number" one of int or float, "place" one that lies on an axis: numbers or times.
local needs = {
  bar = { { "x", "any" }, { "y", "number" } },
  line = { { "x", "any" }, { "y", "number" } },
  area = { { "x", "any" }, { "y", "number" } },
  scatter = { { "x", "place" }, { "y", "place" } },
  map = { { "lat", "number" }, { "lon", "number" } },
  heatmap = { { "x", "any" }, { "y", "any" } },
  histogram = { { "x", "place" } },
  box = { { "y", "number" } },
  network = { { "source", "any" }, { "target", "any" } },
  sankey = { { "source", "any" }, { "target", "any" } },
}

-- What any kind may have besides.
local measures = { "size", "low", "high" }

local words = { number = { int = true, float = true, bool = true, text = "numbers" },
  place = { int = true, float = true, bool = true, time = true, text = "numbers or times" } }

--- The kinds' names, as keys.
---@type table<string, boolean>
chart_kinds.names = {}
for name in pairs(needs) do chart_kinds.names[name] = true end

local function type_of(data, name)
  for _, column in ipairs(data:schema()) do
    if column.name == name then return column.type end
  end
end

-- Whether a column of another type will do: one without values says nothing of its type, and texts may be numbers.
local function will_do(data, name, type_name)
  local column = "`" .. name:gsub("`", "``") .. "`"
  local valued = data:filter(("not_null(%s)"):format(column))
  return not valued:first() or type_name == "string" and valued:filter(("not_null(try_float(%s))"):format(column)):first() ~= nil
end

-- What is wrong with the type of a column, or nil.
local function misfit(item, key, wanted)
  local fit, actual = words[wanted], type_of(item.data, item[key])
  if not fit or fit[actual] or will_do(item.data, item[key], actual) then return nil end
  return ("the chart '%s': %s is '%s', a column of type %s; a %s needs %s there"):format(item.name, key, item[key], actual,
    item.kind, fit.text)
end

--- What a chart lacks to be drawn; nil when it lacks nothing.
---@param item table a report's chart
---@return string?
function chart_kinds.lacks(item)
  for _, need in ipairs(needs[item.kind]) do
    local key, wanted = need[1], need[2]
    if not item[key] then return ("the chart '%s': a %s needs the field '%s'"):format(item.name, item.kind, key) end
    local wrong = misfit(item, key, wanted)
    if wrong then return wrong end
  end
  for _, key in ipairs(measures) do
    local wrong = item[key] and misfit(item, key, "number")
    if wrong then return wrong end
  end
end

return chart_kinds
