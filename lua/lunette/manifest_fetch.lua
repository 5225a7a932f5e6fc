-- The manifest's field `fetch`: where a source's exports are to be had, and how one tells what came.
local errors = require "lunette.errors"

local manifest_fetch = {}

---@class lunette.FetchPart
---@field url string {secret:name} and {param} stand for values; {secret:name?} may be missing
---@field doc string
---@field method? string
---@field headers? table<string, string>
---@field body? string
---@field params? table<string, lunette.Param>

---@class lunette.Fetch
---@field parts table<string, lunette.FetchPart> what can be fetched, by name
---@field default string the part that is fetched when none is named
---@field key? string[] the columns that tell one indicator from another (default: id and ioc)
---@field stamp? string a Lua pattern whose capture in an export's head is its time in UTC
---@field footer? string a Lua pattern that an export's last lines match unless it was cut off

local part_fields = { url = "string", doc = "string", method = "string", headers = "table", body = "string",
  params = "table" }
local fields = { parts = "table", default = "string", key = "table", stamp = "string", footer = "string" }

-- Problems of a table's keys and their types.
local function shape_problem(where, value, known)
  if type(value) ~= "table" then return ("%s must be a table"):format(where) end
  for key, item in pairs(value) do
    local wanted = known[key]
    if not wanted then
      return ("%s has the unknown field '%s'%s"):format(where, tostring(key),
        errors.meant(tostring(key), errors.keys(known)))
    elseif type(item) ~= wanted then
      return ("%s: '%s' must be a %s, not a %s"):format(where, key, wanted, type(item))
    end
  end
end

local function part_problem(name, part)
  local where = ("part '%s'"):format(tostring(name))
  local problem = shape_problem(where, part, part_fields)
  if problem then return problem end
  if type(name) ~= "string" or not name:match "^%l[%l%d_]*$" then return where .. " must have a name in lower-case letters" end
  if not part.url or not part.url:match "^https?://" then return where .. " needs url = \"https://…\"" end
  if not part.doc then return where .. " needs doc = \"…\", one line saying what it is" end
  for header, value in pairs(part.headers or {}) do
    if type(header) ~= "string" or type(value) ~= "string" then
      return where .. " writes its headers { [\"Name\"] = \"value\" }"
    end
  end
  for param, declared in pairs(part.params or {}) do
    local problems = require("lunette.params").problems(param, declared)
    if problems[1] then return where .. ": " .. problems[1] end
  end
end

--- What is wrong with the field; nil when it is sound.
---@param value table
---@return string?
function manifest_fetch.problem(value)
  local problem = shape_problem("itself", value, fields)
  if problem then return (problem:gsub("^itself:? ?", "")) end
  if not value.parts or not next(value.parts) then
    return "needs parts = { full = { url = \"https://…\", doc = \"…\" } }"
  end
  for _, name in ipairs(errors.keys(value.parts)) do
    problem = part_problem(name, value.parts[name])
    if problem then return "has a " .. problem end
  end
  if not value.default or not value.parts[value.default] then
    return ("needs default = \"…\", one of %s"):format(table.concat(errors.keys(value.parts), ", "))
  end
  for _, pattern in ipairs { "stamp", "footer" } do
    if value[pattern] and not pcall(string.find, "", value[pattern]) then
      return ("has a '%s' that is no Lua pattern"):format(pattern)
    end
  end
end

return manifest_fetch
