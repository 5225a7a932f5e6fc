-- Several inputs as one: a column that is of one type in this file and of another in that is brought to one, as if the
-- types had been decided over all files together. Where a file has no value in it, which makes it text there, the column
-- is what it is in the others.
local errors = require "lunette.errors"

local alike = {}

--- One of several inputs.
---@class lunette.Input
---@field path string
---@field source lunette.Plugin
---@field query lunette.Query as it was opened: what knows its rejects
---@field rows lunette.Query what stands for it among the others

-- Sources that keep a file's own columns, whose types can be said when it is opened.
local takes_types = { csv = true, json = true }

local function quoted(name) return "`" .. name .. "`" end

-- The columns that aren't of one type everywhere: the type by input, by name. int and float go together as they are.
local function conflicts_of(inputs)
  local types, mixed = {}, {}
  for i, input in ipairs(inputs) do
    for _, column in ipairs(input.query:schema()) do
      local of = types[column.name] or {}
      types[column.name], of[i] = of, column.type
    end
  end
  for name, of in pairs(types) do
    local first
    for _, kind in pairs(of) do
      if kind == "int" then kind = "float" end
      first = first or kind
      if kind ~= first and not name:find("`", 1, true) then mixed[name] = of end
    end
  end
  return mixed
end

-- Takes the types of text columns that have no value out of `mixed`, and gives where they were: a set of inputs by name.
local function take_empty(inputs, mixed)
  local empty = {}
  for i, input in ipairs(inputs) do
    local asked, definitions = {}, {}
    for _, name in ipairs(errors.keys(mixed)) do
      if mixed[name][i] == "string" then
        asked[#asked + 1] = name
        definitions[#definitions + 1] = ("n%d = count(%s)"):format(#asked, quoted(name))
      end
    end
    local counts = asked[1] and input.query:agg(table.unpack(definitions)):first()
    for k, name in ipairs(asked) do
      if counts["n" .. k] == 0 then
        empty[name] = empty[name] or {}
        empty[name][i], mixed[name][i] = true, nil
      end
    end
  end
  return empty
end

-- The one type of all inputs; "string" where they have several.
local function common_type(of)
  local common
  for _, kind in pairs(of) do
    local numbers = (kind == "int" or kind == "float") and (common == "int" or common == "float")
    common = (not common or common == kind) and kind or numbers and "float" or "string"
    if common == "string" then break end
  end
  return common or "string"
end

-- Why a column is text: "int in a.csv, string in b.csv".
local function told(inputs, name, of)
  local said, seen = {}, {}
  for i, input in ipairs(inputs) do
    if of[i] and not seen[of[i]] then
      seen[of[i]], said[#said + 1] = true, of[i] .. " in " .. input.path
    end
  end
  return ("column '%s' is text: %s"):format(name, table.concat(said, ", "))
end

-- Opens an input anew with columns as text, so that they stay as they are written; false where it has to do without.
local function open_as_text(input, names, options, open)
  if not takes_types[input.source.name] or input.path == "-" then return false end
  local again, types = {}, {}
  for key, value in pairs(options or {}) do again[key] = value end
  for key, value in pairs(again.types or {}) do types[key] = value end
  for _, name in ipairs(names) do types[name] = "string" end
  again.types, again.source = types, input.source.name
  local ok, query = pcall(open, input.path, again)
  if ok then input.query, input.rows = query, query end
  return ok
end

--- Brings the inputs' columns to one type each, in `rows` (and `query`, where one is opened anew). What is to be said
--- about columns that became text.
---@param inputs lunette.Input[]
---@param options? table what they were opened with
---@param open fun(path: string, options: table): lunette.Query
---@return string[]
function alike.line_up(inputs, options, open)
  local mixed, notes = conflicts_of(inputs), {}
  if next(mixed) == nil then return notes end
  local empty, wanted = take_empty(inputs, mixed), {}
  for _, name in ipairs(errors.keys(mixed)) do
    local kind = common_type(mixed[name])
    wanted[name] = kind
    if kind == "string" and next(mixed[name]) then notes[#notes + 1] = told(inputs, name, mixed[name]) end
  end
  for i, input in ipairs(inputs) do
    local to_text, casts = {}, {}
    for _, name in ipairs(errors.keys(mixed)) do
      local kind = mixed[name][i]
      if empty[name] and empty[name][i] and wanted[name] ~= "string" then
        casts[#casts + 1] = ("%s = try_%s(%s)"):format(quoted(name), wanted[name], quoted(name))
      elseif kind and kind ~= "string" and wanted[name] == "string" then
        to_text[#to_text + 1] = name
      end
    end
    if to_text[1] and not open_as_text(input, to_text, options, open) then
      for _, name in ipairs(to_text) do casts[#casts + 1] = ("%s = string(%s)"):format(quoted(name), quoted(name)) end
    end
    if casts[1] then input.rows = input.rows:derive(table.unpack(casts)) end
  end
  return notes
end

return alike
