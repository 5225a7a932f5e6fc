-- Manifests: what a plugin's table may hold, checked field by field. A problem names the field and the fix; the file is
-- added by whoever loads it.
local errors = require "lunette.errors"
local params = require "lunette.params"

local manifest = {}

---@class lunette.Plugin
---@field api integer
---@field kind "analysis"|"source"|"enrich"
---@field name string
---@field version string
---@field summary string
---@field title? string a few words: what a page calls its section
---@field description? string
---@field categories? string[]
---@field author? string
---@field license? string
---@field references? string[]
---@field input? table<string, string> columns that an analysis or enrichment needs, with their types
---@field enrich? string[] enrichments that are applied first where the input lacks their columns
---@field fetch? lunette.Fetch where a source's exports are to be had
---@field http? lunette.HttpSource what an enrichment asks a service
---@field slow? boolean an analysis that takes long: a report of everything leaves it out unless it is asked for
---@field params table<string, lunette.Param>
---@field permissions? table<string, string[]>
---@field example? lunette.Example
---@field tests? lunette.Example[] more of them, each with a name
---@field path string the file, set by the loader
---@field outside? lunette.Outside set by the loader for a plugin that isn't bundled

local kinds = { analysis = true, source = true, enrich = true }
local column_types = { bool = true, int = true, float = true, string = true, time = true, ip = true, any = true }
local permissions = { net = true, read = true, write = true, secrets = true }
local example_fields = { input = true, text = true, file = true, params = true, expect = true, note = true, name = true }
local expect_fields = {
  analysis = { tables = true, metrics = true, charts = true, findings = true, error = true },
  source = { rows = true, columns = true, first = true, error = true },
  enrich = { rows = true, columns = true, first = true, error = true },
}

local function list_of_strings(value)
  for key, item in pairs(value) do
    if math.type(key) ~= "integer" or type(item) ~= "string" then return "must be a list of strings: { \"…\", \"…\" }" end
  end
end

local function permission_lists(value)
  for kind, list in pairs(value) do
    if type(kind) ~= "string" or not permissions[kind] then
      return ("has the unknown field '%s'%s"):format(tostring(kind), errors.meant(tostring(kind), errors.keys(permissions)))
    end
    local problem = type(list) ~= "table" and "must be a list of strings: { \"…\" }" or list_of_strings(list)
    if problem then return ("'%s' %s"):format(kind, problem) end
    for _, name in ipairs(list) do
      if name:find "[%c,]" or name == "" then return ("'%s' has %q: names are without commas and line ends"):format(kind, name) end
    end
  end
end

local function one_of(set)
  return function(value)
    if not set[value] then
      return ("must be one of %s%s"):format(table.concat(errors.keys(set), ", "), errors.meant(value, errors.keys(set)))
    end
  end
end

local function column_spec(value)
  for name, type_name in pairs(value) do
    if type(name) ~= "string" or type(type_name) ~= "string" then
      return "must map column names to types: { family = \"string\" }"
    elseif not column_types[type_name] then
      return ("gives the column '%s' a type that isn't there, '%s'%s; types are %s"):format(name, type_name,
        errors.meant(type_name, errors.keys(column_types)), table.concat(errors.keys(column_types), ", "))
    end
  end
end

local function known_keys(set)
  return function(value)
    for key in pairs(value) do
      if not set[key] then
        return ("has the unknown field '%s'%s"):format(tostring(key), errors.meant(tostring(key), errors.keys(set)))
      end
    end
  end
end

-- What is wrong with an example, or a test.
local function example_problem(value, whole)
  local problem = known_keys(example_fields)(value)
  if problem then return problem end
  if value.input == nil and value.text == nil then
    return "needs an input: input = \"sample\", a file beside this one, or text = \"the content of a file\""
  end
  if value.text ~= nil and type(value.text) ~= "string" then return ".text must be a string: the content of a file" end
  if value.params ~= nil and type(value.params) ~= "table" then return ".params must be a table: { name = value }" end
  if value.expect == nil then return nil end
  if type(value.expect) ~= "table" then return ".expect must be a table: { tables = { name = 3 } }" end
  local known = expect_fields[whole.kind]
  problem = known and known_keys(known)(value.expect)
  return problem and ".expect " .. problem
end

local function tests_problem(value, whole)
  for i, test in ipairs(value) do
    local problem = type(test) ~= "table" and "is no table" or type(test.name) ~= "string" and "needs a name: what it promises"
      or example_problem(test, whole)
    if problem then return ("number %d %s"):format(i, problem) end
  end
  if #value == 0 then return "must be a list: { { name = \"…\", input = \"sample\", expect = { … } } }" end
end

local most_line, most_description = 300, 50000 -- bytes: what is shown of a stranger's plugin is bounded

local function one_line(value)
  if value:find "\n" or value == "" then return "must be one line" end
  if #value > most_line then return ("must be one line of at most %d bytes"):format(most_line) end
end

-- Every field: its Lua type, whether it must be there, which kinds have it (nil: all), and a closer look.
local fields = {
  api = { type = "number", required = true, fix = "write api = 1",
    check = function(value) if value ~= 1 then return "must be 1: this is the only version there is" end end },
  kind = { type = "string", required = true, fix = "write kind = \"analysis\", \"source\" or \"enrich\"", check = one_of(kinds) },
  name = { type = "string", required = true, fix = "write name = \"…\", the file's name without .lua",
    check = function(value) if not value:match "^%l[%l%d_]*$" then return "must be lower-case letters, digits and _" end end },
  version = { type = "string", required = true, fix = "write version = \"1.0.0\"",
    check = function(value) if not value:match "^%d+%.%d+%.%d+$" then return "must be of the form 1.0.0" end end },
  summary = { type = "string", required = true, fix = "write summary = \"…\", one line saying what it does",
    check = one_line },
  title = { type = "string", kinds = { analysis = true },
    check = one_line },
  description = { type = "string",
    check = function(value) if #value > most_description then return ("is longer than %d bytes"):format(most_description) end end },
  categories = { type = "table", check = list_of_strings },
  author = { type = "string" },
  license = { type = "string" },
  references = { type = "table", check = list_of_strings },
  input = { type = "table", check = column_spec, kinds = { analysis = true, enrich = true } },
  optional = { type = "table", check = column_spec, kinds = { analysis = true, enrich = true } },
  enrich = { type = "table", check = list_of_strings, kinds = { analysis = true } },
  slow = { type = "boolean", kinds = { analysis = true } },
  params = { type = "table" },
  permissions = { type = "table", check = permission_lists },
  example = { type = "table", check = example_problem },
  tests = { type = "table", check = tests_problem },
  run = { type = "function", required = true, fix = "write run = function(ctx) … end", kinds = { analysis = true } },
  detect = { type = "function", required = true, kinds = { source = true },
    fix = "write detect = function(head_bytes, path) … end, giving a score from 0 to 1" },
  read = { type = "function", required = true, fix = "write read = function(path, opts) … end", kinds = { source = true } },
  fetch = { type = "table", kinds = { source = true },
    check = function(value) return require("lunette.manifest_fetch").problem(value) end },
  columns = { type = "table", required = true, fix = "write columns = { name = \"type\" }", check = column_spec,
    kinds = { enrich = true } },
  apply = { type = "function", required = true, instead = "http",
    fix = "write apply = function(query, opts) … end, or http = { … }", kinds = { enrich = true } },
  http = { type = "table", kinds = { enrich = true },
    check = function(value, whole) return require("lunette.manifest_http").problem(value, whole) end },
}

local function articled(type_name)
  return (type_name:match "^[aeiou]" and "an " or "a ") .. type_name
end

-- What is wrong with one field, or nil.
local function field_problem(name, spec, value, kind, whole)
  local belongs = not spec.kinds or spec.kinds[kind]
  if value == nil then
    local is_replaced = spec.instead and whole[spec.instead] ~= nil
    if spec.required and belongs and not is_replaced then return ("the field '%s' is missing: %s"):format(name, spec.fix) end
    return nil
  end
  if not belongs then
    return ("the field '%s' doesn't belong into a plugin of kind '%s': take it out"):format(name, tostring(kind))
  end
  if type(value) ~= spec.type then
    return ("the field '%s' is %s, not %s%s"):format(name, articled(type(value)), articled(spec.type),
      spec.fix and ": " .. spec.fix or "")
  end
  local problem = spec.check and spec.check(value, whole)
  return problem and ("the field '%s' %s"):format(name, problem)
end

local function add_param_problems(out, declared)
  local names = {}
  for name in pairs(declared) do
    if type(name) ~= "string" then
      out[#out + 1] = "params must map names to declarations: { min_count = { type = \"int\", … } }"
      return
    end
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    for _, problem in ipairs(params.problems(name, declared[name])) do out[#out + 1] = problem end
  end
end

--- Everything that is wrong with a plugin's table: a list of texts, empty when it is sound.
---@param value any what the file returned
---@return string[]
function manifest.problems(value)
  if type(value) ~= "table" then
    return { ("the file returns %s; a plugin returns a table: return { api = 1, kind = \"analysis\", … }"):format(
      value == nil and "nothing" or articled(type(value))) }
  end
  local out = {}
  for key in pairs(value) do
    if not fields[key] then
      out[#out + 1] = ("unknown field '%s'%s"):format(tostring(key), errors.meant(tostring(key), errors.keys(fields)))
    end
  end
  table.sort(out)
  local kind = kinds[value.kind] and value.kind or nil
  for _, name in ipairs(errors.keys(fields)) do
    local spec = fields[name]
    if kind or not spec.kinds then
      local problem = field_problem(name, spec, value[name], kind, value)
      if problem then out[#out + 1] = problem end
    end
  end
  if type(value.params) == "table" then add_param_problems(out, value.params) end
  return out
end

return manifest
