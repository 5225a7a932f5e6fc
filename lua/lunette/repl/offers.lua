-- What completion can offer: columns and functions of expressions, plugins and their parameters, files, globals.
local core = require "lunette.core"
local errors = require "lunette.errors"
local lexer = require "lunette.repl.lexer"

local offers = {}

-- What the strings are that a verb takes: expressions over the columns, aggregates, or columns' names only.
offers.expression_verbs = {
  filter = "expression", derive = "expression", select = "expression", group_by = "expression", sort = "expression",
  top = "expression", fill_null = "expression", agg = "aggregate", window = "window", map = "names", drop = "names",
  distinct = "names", explode = "names", rename = "names", join = "names", semi_join = "names", anti_join = "names",
  asof_join = "names", cidr_join = "names", range_join = "names", column = "names", has = "names", pivot = "aggregate",
  unpivot = "names",
}

local words = { "and", "or", "not", "in", "true", "false", "null" }
local window_functions = { "row_number", "rank", "dense_rank", "lag", "lead", "cumsum", "cumcount", "rolling_mean",
  "rolling_sum", "rolling_min", "rolling_max", "first", "last", "fill_forward", "fill_backward" }
-- Options of verbs whose strings are names of columns, whatever the verb's others are.
local name_keys = { by = true, order = true, keys = true, columns = true }

local function is_column_name(name) return name:match "^[%a_][%w_]*$" and not lexer.keywords[name] end

local function column_names(input, is_quoted)
  local names = {}
  for _, column in ipairs(input:schema()) do
    local plain = is_column_name(column.name)
    names[#names + 1] = (plain or is_quoted) and column.name or "`" .. column.name .. "`"
  end
  return names
end

-- Whether a function takes a value of that type first.
local function takes(signature, type_name)
  local wanted = signature:match "^[%w_]+%(%w+: ([%w|]+)"
  if not wanted or wanted == "any" then return true end
  return ("|" .. wanted .. "|"):find("|" .. type_name .. "|", 1, true) or type_name == "int" and wanted:find "float"
end

-- The names of functions of the expression language, aggregates or the others; of those that take `type_name` first.
local function add_functions(names, is_aggregate, type_name)
  for _, each in ipairs(core.functions()) do
    local fits = not type_name or takes(each.signature, type_name)
    if fits and (each.category == "aggregate") == is_aggregate then names[#names + 1] = each.name end
  end
end

local function type_of(input, column_name)
  for _, column in ipairs(input:schema()) do
    if column.name == column_name then return column.type end
  end
end

--- What can stand in an expression over a query's columns.
---@param input lunette.Query
---@param kind "expression"|"aggregate"|"window"|"names"
---@param behind ""|":"|"`" what stands before: a method's colon, a backtick
---@param key? string the option that the string is given for
---@param subject? string the name before a method's colon, if only a name is there
---@return string[]
function offers.expression(input, kind, behind, key, subject)
  if behind == ":" then
    local names = {}
    add_functions(names, false, subject and type_of(input, subject))
    return names
  end
  local names = column_names(input, behind == "`")
  if kind == "names" or name_keys[key] or behind == "`" then return names end
  table.move(words, 1, #words, #names + 1, names)
  add_functions(names, false)
  if kind == "aggregate" then
    add_functions(names, true)
    names[#names + 1] = "where"
  elseif kind == "window" then
    table.move(window_functions, 1, #window_functions, #names + 1, names)
  end
  return names
end

--- Files and folders that a path's beginning may become; `ending` keeps only files of that ending.
---@param path string
---@param ending? string a pattern
---@return string[]
function offers.files(path, ending)
  local folder = path:match "^(.*/)" or ""
  local place = require("lunette.folders").expand(folder)
  local names = {}
  for _, name in ipairs(core.list_folder(place == "" and "." or place) or {}) do
    local kind = core.stat(place .. name)
    if kind == "folder" then
      names[#names + 1] = folder .. name .. "/"
    elseif kind and (not ending or name:match(ending)) then
      names[#names + 1] = folder .. name
    end
  end
  return names
end

--- Files, and the bundled inputs.
---@param path string
---@return string[]
function offers.inputs(path)
  local names = offers.files(path)
  table.move({ "sample", "sample-dns", "sample-log" }, 1, 3, #names + 1, names)
  return names
end

--- The names of plugins; and plugin files where the text looks like a path.
---@param kind? string
---@param text string
---@return string[]
function offers.plugins(kind, text)
  if text:find "[/~]" then return offers.files(text, "%.lua$") end
  local names = {}
  for _, found in ipairs(require("lunette.plugin").discover(kind)) do names[#names + 1] = found.name end
  return names
end

--- The parameters of a plugin, each with `ending` behind it. None where there is no such plugin.
---@param kind string
---@param name string
---@param ending string
---@return string[]
function offers.parameters(kind, name, ending)
  local ok, plugin = pcall(require("lunette.plugin").find, kind, name)
  local names = {}
  for i, each in ipairs(ok and errors.keys(plugin.params) or {}) do names[i] = each .. ending end
  return names
end

--- The values that a parameter of an analysis may have; nil where it takes files.
---@param plugin_name string
---@param name string
---@return string[]?
function offers.values(plugin_name, name)
  local ok, plugin = pcall(require("lunette.plugin").find, "analysis", plugin_name)
  local spec = ok and plugin.params[name]
  if not spec then return {} end
  if spec.type == "input" or spec.type == "file" then return nil end
  local values = {}
  for i, value in ipairs(spec.choices or spec.type == "bool" and { "true", "false" } or { spec.default }) do
    values[i] = tostring(value)
  end
  return values
end

local paths = { read = true, csv = true, json = true, peek = true, arrow = true }
local plain_paths = { dofile = true, loadfile = true, open = true, lines = true }

local function files_of(content) return offers.files(content) end

-- The string that is the first argument of a call, if it is one.
local function first_string(call, tokens)
  local token = tokens[call.callee + 1]
  if token and token.text == "(" then token = tokens[call.callee + 2] end
  return token and token.kind == "string" and token.text or nil
end

--- What a string is that stands in a call of a function that takes no expression: a function of its content that gives
--- the candidates for all of it; nil for any other call.
---@param call { name: string, separator: string?, callee: integer, argument: integer, key: string? }
---@param tokens lunette.repl.Token[]
---@return (fun(content: string, world: lunette.repl.World): string[])?
function offers.of_call(call, tokens)
  local before = tokens[call.callee - 2]
  local is_library = call.separator == "." and before and before.text == "lunette"
  if is_library and paths[call.name] then return offers.inputs end
  if is_library and call.name == "run" then
    if call.argument == 2 then return offers.inputs end
    return call.argument == 1 and function(content) return offers.plugins("analysis", content) end or files_of
  end
  if call.separator == ":" and call.name == "write" then return files_of end
  if call.separator == ":" and call.name == "enrich" and call.argument == 1 then
    return function(content) return offers.plugins("enrich", content) end
  end
  if plain_paths[call.name] and call.separator ~= ":" then return files_of end
  if call.name == "require" then return function() return { "lunette" } end end
end

--- The keys of a table that a call takes: the parameters of the plugin that its first argument names.
---@param call { name: string, separator: string?, callee: integer, argument: integer }
---@param tokens lunette.repl.Token[]
---@return string[]?
function offers.keys_of_call(call, tokens)
  local before, name = tokens[call.callee - 2], first_string(call, tokens)
  if not name then return nil end
  if call.name == "run" and before and before.text == "lunette" then return offers.parameters("analysis", name, " = ") end
  if call.name == "enrich" and call.separator == ":" then return offers.parameters("enrich", name, " = ") end
end

--- The session's globals and Lua's keywords.
---@param env table
---@return string[]
function offers.globals(env)
  local names = {}
  local function add(from)
    for key in next, from do
      if type(key) == "string" and key:match "^[%a_][%w_]*$" then names[#names + 1] = key end
    end
  end
  for word in pairs(lexer.keywords) do names[#names + 1] = word end
  while type(env) == "table" do
    add(env)
    local meta = debug.getmetatable(env)
    env = meta and rawget(meta, "__index")
  end
  return names
end

return offers
