-- What is kept of each feed, how old it is, and what the last fetch did, as a table.
local archive = require "lunette.feed_archive"
local errors = require "lunette.errors"
local lunette = require "lunette"

local feed_status = {}

local units = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" } }

--- A duration in words: "3 days".
---@param seconds number
---@return string
function feed_status.age(seconds)
  for _, unit in ipairs(units) do
    local n = seconds // unit[1]
    if n >= 1 then return ("%d %s%s"):format(n, unit[2], n == 1 and "" or "s") end
  end
  return "under a minute"
end

local columns = {
  { "feed", "string" }, { "indicators", "int" }, { "age", "string" }, { "added", "int" }, { "changed", "int" },
  { "unchanged", "int" }, { "unlisted", "int" }, { "rejected", "int" }, { "newest", "time" }, { "checked", "time" },
  { "part", "string" }, { "exports", "int" }, { "versions", "int" }, { "merged_from", "string" },
}

-- A time that the manifest tells; nil where it tells none.
local function time_of(text)
  local ok, time = pcall(lunette.time, text)
  return ok and time or nil
end

local function row_of(name)
  local row = { feed = name }
  local ok, state = pcall(archive.state, name)
  if not ok then
    row.merged_from = "broken: " .. errors.text(state)
    return row
  end
  if not state then return row end
  state.checked = state.checked_at
  for _, column in ipairs(columns) do
    local column_name, kind = column[1], column[2]
    local value = state[column_name]
    if kind == "int" then value = math.type(value) == "integer" and value or nil end
    if kind == "time" then value = value and time_of(value) end
    if kind == "string" then value = value and tostring(value) end
    row[column_name] = row[column_name] or value
  end
  row.age = row.newest and feed_status.age(lunette.now() - row.newest)
  return row
end

--- A row for each feed that is kept or can be fetched; with a name only that one.
---@param only? string
---@return lunette.Query
function feed_status.table(only)
  local names, seen = {}, {}
  for _, list in ipairs { archive.names(), errors.keys(require("lunette.feed_fetch").plugins()) } do
    for _, name in ipairs(list) do
      if not seen[name] then names[#names + 1], seen[name] = name, true end
    end
  end
  if only and not seen[only] then
    errors.raise("argument", "no feed '%s'%s; there are %s", only, errors.meant(only, names), table.concat(names, ", "))
  end
  table.sort(names)
  local lists = {}
  for i, column in ipairs(columns) do lists[i] = { name = column[1], type = column[2], values = {} } end
  for _, name in ipairs(only and { only } or names) do
    local row = row_of(name)
    for _, list in ipairs(lists) do
      local value = row[list.name]
      list.values[#list.values + 1] = value == nil and lunette.null or value
    end
  end
  return lunette.table(lists)
end

return feed_status
