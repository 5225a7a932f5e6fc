-- Parameters of plugins: what a manifest may declare, and the values that a run gives, as text (name=value) or as Lua
-- values.
local core = require "lunette.core"
local errors = require "lunette.errors"
local access = require "lunette.access"

local params = {}

---@class lunette.Param
---@field type "int"|"float"|"string"|"bool"|"time"|"ip"|"input"|"file"
---@field default? any
---@field required? boolean
---@field min? number|lunette.Time
---@field max? number|lunette.Time
---@field choices? any[]
---@field doc string

local booleans = { ["true"] = true, yes = true, on = true, ["1"] = true, ["false"] = false, no = false, off = false, ["0"] = false }

local function protected(convert)
  return function(text)
    local ok, value = pcall(convert, text)
    if ok then return value end
  end
end

-- Files to read besides the input: a path, several with commas between them, a list of paths, or queries. nil: none of
-- these. They are opened by open_inputs, when the run is sure to happen.
local function input_list(value)
  local query = require "lunette.query"
  if type(value) == "string" then
    local paths = {}
    if core.stat(value) == "file" then return { value } end
    for path in value:gmatch "[^,]+" do paths[#paths + 1] = path end
    return paths[1] and paths or nil
  end
  if query.is_query(value) then return { value } end
  if type(value) ~= "table" or #value == 0 then return nil end
  for _, item in ipairs(value) do
    if type(item) ~= "string" and not query.is_query(item) then return nil end
  end
  return table.move(value, 1, #value, 1, {})
end

-- Files that the plugin reads itself: paths, as above, that are there.
local function file_list(value)
  local list = input_list(value)
  for _, path in ipairs(list or {}) do
    if type(path) ~= "string" or core.stat(path) ~= "file" then return nil end
  end
  return list
end

-- How each type reads text. nil: it isn't of that type.
local readers = {
  int = function(text) return text:match "^[+-]?%d+$" and math.tointeger(tonumber(text)) end,
  float = function(text) return not text:match "^%s" and tonumber(text) and tonumber(text) + 0.0 end,
  string = function(text) return text end,
  bool = function(text) return booleans[text:lower()] end,
  time = protected(core.time),
  ip = protected(core.ip),
  input = input_list,
  file = file_list,
}

local articles = { int = "a whole number", float = "a number", string = "text", bool = "true or false",
  time = "a time (2021-11-15 or 2021-11-15 12:30:00)", ip = "an IPv4 or IPv6 address",
  input = "a file, or several with commas between them", file = "a file, or several with commas between them" }

--- The names of the types, sorted.
---@return string[]
function params.types() return errors.keys(readers) end

-- A Lua value as one of `type_name`, or nil.
local function as_type(type_name, value)
  if type_name == "input" or type_name == "file" then return readers[type_name](value) end
  local actual = core.type(value)
  if actual == type_name then return value end
  if actual == "string" then return readers[type_name](value) end
  if type_name == "float" and actual == "int" then return value + 0.0 end
  if type_name == "int" and actual == "float" then return math.tointeger(value) end
  return nil
end

-- Why `value` (of the right type) isn't allowed, or nil.
local function refusal(spec, value)
  if spec.min ~= nil and value < spec.min then return ("is below %s"):format(tostring(spec.min)) end
  if spec.max ~= nil and value > spec.max then return ("is above %s"):format(tostring(spec.max)) end
  if not spec.choices then return nil end
  local texts = {}
  for i, choice in ipairs(spec.choices) do
    if choice == value then return nil end
    texts[i] = tostring(choice)
  end
  return ("is none of %s%s"):format(table.concat(texts, ", "), errors.meant(tostring(value), texts))
end

--- Reads one value by its declaration: the value, or nil and what is wrong with it.
---@param spec lunette.Param
---@param given any
---@return any value, string? problem
function params.read(spec, given)
  local value = as_type(spec.type, given)
  if value == nil then return nil, ("is not %s"):format(articles[spec.type]) end
  local problem = refusal(spec, value)
  if problem then return nil, problem end
  return value
end

-- The declaration with its limits as values of its type, so that `min = "2021-01-01"` works for a time.
local function resolved(spec)
  local out = {}
  for key, value in pairs(spec) do out[key] = value end
  for _, key in ipairs { "min", "max" } do
    if spec[key] ~= nil then out[key] = as_type(spec.type, spec[key]) end
  end
  return out
end

--- All values of a run: given ones checked, defaults filled in. Raises for an unknown name, a bad or a missing value.
---@param owner string such as "analysis 'ports'"
---@param specs table<string, lunette.Param>
---@param given table<string, any>
---@return table<string, any>
function params.parse(owner, specs, given)
  local names, values = errors.keys(specs), {}
  for _, name in ipairs(errors.keys(given)) do
    if not specs[name] then
      local known = #names > 0 and "its parameters are " .. table.concat(names, ", ") or "it takes none"
      errors.raise("argument", "%s has no parameter '%s'%s; %s", owner, name, errors.meant(name, names), known)
    end
  end
  for _, name in ipairs(names) do
    local spec = resolved(specs[name])
    if given[name] ~= nil then
      local value, problem = params.read(spec, given[name])
      if problem then
        errors.raise("argument", "%s: %s=%s %s", owner, name, type(given[name]) == "table" and "{…}" or tostring(given[name]), problem)
      end
      values[name] = value
    elseif spec.default ~= nil then
      values[name] = as_type(spec.type, spec.default)
    elseif spec.required then
      errors.raise("argument", "%s needs the parameter %s=… (%s)", owner, name, spec.doc)
    end
  end
  return values
end

--- The paths of all files that a plugin was given to read itself, by somebody who may: parameters of the type `file`.
---@param specs table<string, lunette.Param>
---@param values table<string, any> what parse gave
---@return table<string, boolean>
function params.files(specs, values)
  local set = {}
  for name, value in pairs(values) do
    if specs[name].type == "file" then
      for _, path in ipairs(value) do
        if access.may("read", path) then set[path] = true end
      end
    end
  end
  return set
end

--- Opens the files that were given for parameters of the type `input`, as the user who named them: the plugin gets
--- queries, and no permission to read anything else.
---@param specs table<string, lunette.Param>
---@param values table<string, any> what parse gave
---@return table<string, any> values with a list of queries for each such parameter
---@return table<string, any> shown the same as text, for reports
function params.open_inputs(specs, values)
  local opened, shown = {}, {}
  for name, value in pairs(values) do
    opened[name], shown[name] = value, value
    if specs[name].type == "file" then
      shown[name] = table.concat(value, ",")
    elseif specs[name].type == "input" then
      local queries, texts = {}, {}
      for i, item in ipairs(value) do
        local is_path = type(item) == "string"
        queries[i] = is_path and require("lunette.read").read(item) or require("lunette.query").copy(item)
        texts[i] = is_path and item or "(query)"
      end
      opened[name], shown[name] = queries, table.concat(texts, ",")
    end
  end
  return opened, shown
end

local spec_fields = { type = "string", default = "any", required = "boolean", min = "any", max = "any", choices = "table",
  doc = "string" }

--- What is wrong with a declaration: a list of texts, empty when nothing is.
---@param name string
---@param spec any
---@return string[]
function params.problems(name, spec)
  local out = {}
  local function problem(format, ...) out[#out + 1] = ("params.%s"):format(name) .. format:format(...) end
  if type(spec) ~= "table" then
    problem(" is a %s: write { type = \"int\", default = 1, doc = \"…\" }", type(spec))
    return out
  end
  for _, key in ipairs(errors.keys(spec)) do
    local expected = spec_fields[key]
    if not expected then
      problem(" has the unknown field '%s'%s", key, errors.meant(key, errors.keys(spec_fields)))
    elseif expected ~= "any" and type(spec[key]) ~= expected then
      problem(".%s is a %s, not a %s", key, type(spec[key]), expected)
    end
  end
  if not name:match "^[%a_][%w_]*$" then problem(" is no identifier: use letters, digits and _") end
  if not readers[spec.type] then
    problem(".type must be one of %s%s", table.concat(params.types(), ", "),
      type(spec.type) == "string" and errors.meant(spec.type, params.types()) or "")
    return out
  end
  if type(spec.doc) ~= "string" or spec.doc == "" then problem(".doc is missing: say in a sentence what it does") end
  for _, key in ipairs { "min", "max", "default" } do
    if spec[key] ~= nil and as_type(spec.type, spec[key]) == nil then problem(".%s is not %s", key, articles[spec.type]) end
  end
  if (spec.type == "input" or spec.type == "file") and spec.default ~= nil then
    problem(".default: which files are read is for the user to say; take it out")
  end
  if #out == 0 and spec.default ~= nil then
    local _, why = params.read(resolved(spec), spec.default)
    if why then problem(".default %s", why) end
  end
  return out
end

return params
