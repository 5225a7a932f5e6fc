-- What all figures read from a report's chart: its columns' values and types, and what becomes of names that have no
-- colour of their own.
local lunette = require "lunette"
local colours = require "lunette.html.colours"
local words = require "lunette.kit.words"

local values = {}

--- The type of each column.
---@param data lunette.Query
---@return table<string, string>
function values.types(data)
  local out = {}
  for _, column in ipairs(data:schema()) do out[column.name] = column.type end
  return out
end

--- The values of the column that a chart names under `key`, or nil.
---@param item table
---@param key string
---@return table?
function values.of(item, key) return item[key] and item.data:column(item[key]):values() end

--- A value as a number, or nil.
---@param value any
---@return number?
function values.number(value)
  if value == nil or rawequal(value, lunette.null) then return nil end
  local n = tonumber(value)
  return n == n and n or nil
end

--- A number, or a time as milliseconds, which is what the page's axes take.
---@param value any
---@param type_name string
---@return number?
function values.position(value, type_name)
  if value == nil or rawequal(value, lunette.null) then return nil end
  return type_name == "time" and value.us // 1000 or values.number(value)
end

--- What a chart's axis is: of time, of numbers, or of categories.
---@param type_name string
---@param kind string
---@return string
function values.axis_type(type_name, kind)
  if type_name == "time" then return "time" end
  if (type_name == "int" or type_name == "float") and kind ~= "bar" then return "number" end
  return "category"
end

-- "other (143 families)" is 143, "families"; other names are nothing.
local function rest_parts(name)
  local n, noun = name:match "^other %((%d[%d,]*) ?([^)]*)%)$"
  if n then return math.tointeger(tonumber((n:gsub(",", "")))), noun end
end

--- What a rest is called that takes in single names and other rests: "other (144 families)".
---@param n_folded integer how many single names
---@param rests string[]
---@return string
function values.rest_label(n_folded, rests)
  local total, noun = n_folded, nil
  for _, name in ipairs(rests) do
    local n, of = rest_parts(name)
    if not n or noun and of ~= noun then return ("other (%d)"):format(n_folded + #rests) end
    total, noun = total + n, of
  end
  return ("other (%s%s)"):format(words.number(total), noun and noun ~= "" and " " .. noun or "")
end

--- Gathers the names that have no colour of their own under one name, which says how many they are; what an analysis has
--- folded before goes there too. Returns for each such name the one that it is drawn under.
---@param names string[] may repeat
---@param item table
---@param ranking table<string, string[]> colours.rank's
---@param is_drawn boolean whether colours tell the names apart
---@return table<string, string>
function values.folded(names, item, ranking, is_drawn)
  local column, own = colours.column(item), {}
  for _, name in ipairs(column and ranking[column] or {}) do own[name] = true end
  local seen, single, rests = {}, {}, {}
  for _, name in ipairs(names) do
    if not seen[name] then
      seen[name] = true
      if colours.is_rest(name) then
        rests[#rests + 1] = name
      elseif not own[name] and is_drawn and column and ranking[column] then
        single[#single + 1] = name
      end
    end
  end
  local out = {}
  if #single + #rests < 2 then return out end
  local label = values.rest_label(#single, rests)
  for _, list in ipairs { single, rests } do
    for _, name in ipairs(list) do out[name] = label end
  end
  return out
end

--- All rows, as indexes in the falling order of their sizes; without sizes as many as may be taken, evenly among all,
--- `most` at most.
---@param sizes table?
---@param n integer
---@param most? integer
---@return integer[]
function values.largest(sizes, n, most)
  local order, size = {}, {}
  if not sizes then
    local step = most and n > most and n / most or 1
    for i = 1, math.min(n, most or n) do order[i] = math.floor((i - 1) * step) + 1 end
    return order
  end
  for i = 1, n do order[i], size[i] = i, values.number(sizes[i]) or 0 end
  table.sort(order, function(a, b)
    if size[a] ~= size[b] then return size[a] > size[b] end
    return a < b
  end)
  return order
end

--- How much of the whole the first rows of an order have: a share, or nil where there is nothing to add up.
---@param sizes table?
---@param order integer[] all rows
---@param n integer
---@return number?
function values.part(sizes, order, n)
  local all, some = 0, 0
  for k, i in ipairs(order) do
    local size = sizes and values.number(sizes[i]) or 0
    all = all + size
    if k <= n then some = some + size end
  end
  return all > 0 and some / all or nil
end

return values
