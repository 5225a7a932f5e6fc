-- A line `.run …` of a session as a line of the plugin that `.save` writes: ctx:run, on the same queries, with the same
-- parameters. Files that were named become parameters of the plugin, since what it reads is for its user to say.
local errors = require "lunette.errors"
local params = require "lunette.params"
local lua_text = require "lunette.repl.lua_text"

local save_run = {}

---@class lunette.repl.Run what a line `.run` ran
---@field plugin lunette.Plugin
---@field names string[] the queries and files that it was run on; none: t
---@field given table<string, string> parameters
---@field asked lunette.Asked enrichments

---@class lunette.repl.Parameter a parameter of the plugin that is written
---@field name string
---@field type string
---@field path string what the session had for it

-- The files' place in the plugin that is written: the parameter `name`, or one with a number behind it.
local function parameter(list, name, kind, path)
  local free, n = name, 1
  for _, each in ipairs(list) do
    if each.path == path and each.type == kind then return "ctx.params." .. each.name end
    if each.name == free then n, free = n + 1, name .. "_" .. n + 1 end
  end
  list[#list + 1] = { name = free, type = kind, path = path }
  return "ctx.params." .. free
end

local function is_sample(path) return require("lunette.read").is_sample(path) end

local function query_text(session, list, name)
  if rawget(session.env, name) ~= nil then return name end
  for _, input in ipairs(session.inputs) do
    if input.path == name then return input.name end
  end
  if is_sample(name) then return ("lunette.read %q"):format(name) end
  local stem = name:match "([%a_][%w_]*)[^/]*$" or "input"
  return parameter(list, stem, "input", name) .. "[1]"
end

local function input_text(session, list, run)
  local names = #run.names > 0 and run.names or { "t" }
  local texts = {}
  for i, name in ipairs(names) do texts[i] = query_text(session, list, name) end
  return texts[2] and ("lunette.concat { %s }"):format(table.concat(texts, ", ")) or texts[1]
end

local function given_text(list, specs, given)
  local entries = {}
  for i, name in ipairs(errors.keys(given)) do
    local spec, value = specs[name], given[name]
    local is_files = (spec.type == "input" or spec.type == "file") and not is_sample(value)
    local read = params.read(spec, value)
    local plain = (type(read) == "number" or type(read) == "boolean") and read or value
    entries[i] = ("%s = %s"):format(name, is_files and parameter(list, name, spec.type, value) or lua_text.value(plain))
  end
  return lua_text.braces(entries)
end

-- The enrichments, as calls behind the input; nil where one has files of its own, which only a command line can give it.
local function enrich_text(run)
  local calls = ""
  for _, each in ipairs(run.asked.list) do
    local specs = require("lunette.plugin").find("enrich", each.name).params
    for name in pairs(each.given) do
      if specs[name].type == "input" or specs[name].type == "file" then return nil end
    end
    calls = calls .. (":enrich(%q, %s)"):format(each.name, given_text({}, specs, each.given))
  end
  return calls
end

--- The expression that stands for a run, whose value is its report; nil where a plugin can't do the same.
---@param session lunette.repl.Session
---@param run lunette.repl.Run
---@param list lunette.repl.Parameter[] parameters of the plugin that is written; more may come
---@return string?
function save_run.text(session, run, list)
  local enrichments = enrich_text(run)
  if not enrichments then return nil end
  local input, given = input_text(session, list, run), given_text(list, run.plugin.params, run.given)
  return ("ctx:run(%q, %s%s%s)"):format(run.plugin.name, input, enrichments, given ~= "{}" and ", " .. given or "")
end

--- Adds the names of the columns that a run looks at to a set.
---@param run lunette.repl.Run
---@param words table<string, boolean>
function save_run.add_columns(run, words)
  for _, columns in ipairs { run.plugin.input or {}, run.plugin.optional or {} } do
    for name in pairs(columns) do words[name] = true end
  end
end

return save_run
