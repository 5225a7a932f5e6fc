-- A page's data as JSON: Lua tables of lists, maps, single values and ready pieces. Text is escaped in C, so that it can
-- stand inside a page. Keys come in their alphabetical order: the same data gives the same bytes.
local core = require "lunette.core"
local errors = require "lunette.errors"

local encode = {}

local raw_meta, list_meta = {}, {}

--- A piece that is JSON already.
---@param text string
function encode.raw(text) return setmetatable({ text }, raw_meta) end

--- A list, also when it is empty.
---@generic T
---@param items T[]
---@return T[]
function encode.list(items) return setmetatable(items, list_meta) end

-- Text of plugins need not be UTF-8: what isn't becomes the replacement character.
local function safe(text)
  if utf8.len(text) then return text end
  local out, at = {}, 1
  while at <= #text do
    local _, bad = utf8.len(text, at)
    out[#out + 1] = text:sub(at, (bad or #text + 1) - 1)
    if not bad then break end
    out[#out + 1] = "\u{fffd}"
    at = bad + 1
  end
  return table.concat(out)
end

local put

local function put_list(out, items)
  out[#out + 1] = "["
  for i, item in ipairs(items) do
    if i > 1 then out[#out + 1] = "," end
    put(out, item)
  end
  out[#out + 1] = "]"
end

local function put_map(out, map)
  out[#out + 1] = "{"
  for i, key in ipairs(errors.keys(map)) do
    out[#out + 1] = (i > 1 and "," or "") .. core.json_value(safe(key)) .. ":"
    put(out, map[key])
  end
  out[#out + 1] = "}"
end

function put(out, value)
  if type(value) == "string" then
    out[#out + 1] = core.json_value(safe(value))
  elseif type(value) ~= "table" then
    out[#out + 1] = core.json_value(value)
  elseif getmetatable(value) == raw_meta then
    out[#out + 1] = value[1]
  elseif getmetatable(value) == list_meta or value[1] ~= nil then
    put_list(out, value)
  else
    put_map(out, value)
  end
end

--- The value as JSON.
---@param value any
---@return string
function encode.json(value)
  local out = {}
  put(out, value)
  return table.concat(out)
end

-- A table of the page takes no more bytes than this, whatever a feed writes into its fields: first texts are cut, then
-- rows left out; both are said. Ten rows remain.
local MOST_BYTES, MOST_TEXT, FEWEST_ROWS = 400000, 1000, 10

-- The first rows with texts cut.
local function with_short_texts(data, n)
  local columns = {}
  for _, column in ipairs(data:schema()) do
    local name = "`" .. column.name:gsub("`", "``") .. "`"
    if column.type == "string" then
      columns[#columns + 1] = ("%s = if_else(len(%s) > %d, sub(%s, 1, %d) .. '…', %s)"):format(name, name, MOST_TEXT, name, MOST_TEXT, name)
    end
  end
  data = data:head(n)
  return (#columns > 0 and data:derive(table.unpack(columns)) or data):collect():handle()
end

-- The first rows as JSON, fewer than `n` where they take too much; and how many they are.
local function bounded_rows(data, n)
  local handle = data:handle()
  local rows = n > 0 and handle:json_rows(1, n) or ""
  if #rows > MOST_BYTES then
    handle = with_short_texts(data, n)
    rows = handle:json_rows(1, n)
  end
  while #rows > MOST_BYTES and n > FEWEST_ROWS do
    n = math.max(FEWEST_ROWS, math.min(n - 1, n * MOST_BYTES // #rows))
    rows = handle:json_rows(1, n)
  end
  return rows
end

--- Rows of a table as a ready piece: columns, the first `most` rows, and how many there are.
---@param data lunette.Query a collected query
---@param most integer
---@param units? table<string, string> of columns, by name
---@return table
function encode.table(data, most, units)
  local columns = encode.list {}
  for i, column in ipairs(data:schema()) do
    columns[i] = { name = column.name, type = column.type, unit = units and units[column.name] }
  end
  return { columns = columns, rows = encode.raw("[" .. bounded_rows(data, math.min(#data, most)) .. "]"), total = #data }
end

return encode
