-- Running an analysis: checks its input, gives it its context, returns its report.
local errors = require "lunette.errors"
local access = require "lunette.access"
local params = require "lunette.params"
local query = require "lunette.query"
local report = require "lunette.report"

local analysis = {}

-- A type that the engine has where another one is asked for.
local function fits(wanted, actual)
  return wanted == actual or wanted == "any" or wanted == "float" and actual == "int"
end

--- What the input lacks for a plugin: a list of texts, empty when it fits.
---@param plugin lunette.Plugin
---@param input lunette.Query
---@return string[]
function analysis.lacks(plugin, input)
  local types, names, out = {}, {}, {}
  for i, column in ipairs(input:schema()) do
    types[column.name], names[i] = column.type, column.name
  end
  local function check(wanted, must)
    for _, name in ipairs(errors.keys(wanted or {})) do
      local actual = types[name]
      if not actual and must then
        out[#out + 1] = ("no column '%s' (%s)%s"):format(name, wanted[name], errors.meant(name, names))
      elseif actual and not fits(wanted[name], actual) then
        out[#out + 1] = ("the column '%s' is %s, not %s"):format(name, actual, wanted[name])
      end
    end
  end
  check(plugin.input, true)
  check(plugin.optional, false)
  return out
end

-- Files that hold a header only, or a column without values, say nothing of its type: such a column becomes what the
-- plugin wants.
local function with_empty_columns_typed(plugin, input)
  for _, wanted in ipairs { plugin.input or {}, plugin.optional or {} } do
    for _, name in ipairs(errors.keys(wanted)) do
      local type_name = wanted[name]
      if type_name ~= "any" and type_name ~= "string" and input:has(name, "string")
        and not input:filter(("not_null(`%s`)"):format(name)):first() then
        input = input:derive(("`%s` = try_%s(`%s`)"):format(name, type_name, name))
      end
    end
  end
  return input
end

--- The input as the plugin can take it, and what it lacks still.
---@param plugin lunette.Plugin
---@param input lunette.Query
---@return lunette.Query, string[]
function analysis.fitted(plugin, input)
  local lacks = analysis.lacks(plugin, input)
  if #lacks == 0 then return input, lacks end
  input = with_empty_columns_typed(plugin, input)
  return input, analysis.lacks(plugin, input)
end

-- How a table that names its columns otherwise can be had in the plugin's words.
local function way_out(plugin, input, names)
  for i, name in ipairs(names) do
    if name ~= "c" .. i then
      local wanted, n_missing = errors.keys(plugin.input or {}), 0
      for k, column in ipairs(wanted) do
        if not input:has(column) then wanted[k], n_missing = column .. "=…", n_missing + 1 end
      end
      if n_missing == 0 then return "" end
      return (" (if they are called otherwise: lunette convert FILE NEW.csv --columns %s)"):format(table.concat(wanted, ","))
    end
  end
  return " (it has no line that names its columns: put one first)"
end

-- Says what the input lacks for the plugin, and what it has.
local function refuse(plugin, input, lacks)
  local names = {}
  for i, column in ipairs(input:schema()) do names[i] = column.name end
  errors.raise("name", "the input doesn't fit the analysis '%s': %s; %s%s", plugin.name, table.concat(lacks, "; "),
    #names > 0 and "the input's columns are " .. table.concat(names, ", ") or "the input holds no record that can be read",
    #names > 0 and way_out(plugin, input, names) or "")
end

--- The context that `run` gets. Functions are bound, so that both ctx.log(…) and ctx:log(…) work.
---@param plugin { name: string }
---@param input lunette.Query
---@param values table<string, any>
---@param result lunette.Report
---@param host { log: fun(text: string), progress: fun(what: string, done: integer, total: integer) }
---@return table
function analysis.context(plugin, input, values, result, host)
  local ctx = { input = query.copy(input), params = values, plugin = plugin.name }
  function ctx.log(format, ...)
    if format == ctx then return ctx.log(...) end
    host.log(select("#", ...) > 0 and tostring(format):format(...) or tostring(format))
  end
  function ctx:progress(done, total) host.progress(plugin.name, done, total) end
  function ctx:metric(given) result:add_metric(given) end
  function ctx:table(data, given) result:add_table(data, given) end
  function ctx:chart(given) result:add_chart(given) end
  function ctx:finding(given) result:add_finding(given) end
  function ctx:text(markdown) result:add_text(markdown) end
  function ctx:run(name, data, more)
    if data ~= nil and not query.is_query(data) then
      errors.raise("argument", "ctx:run takes an analysis' name, a query and parameters; the second is a %s", type(data))
    end
    local other = require("lunette").run(name, query.copy(data or input), more)
    result:include(other)
    return other
  end
  return setmetatable(ctx, { __index = errors.no_field("ctx", ctx) })
end

local silent = { log = function() end, progress = function() end }

--- Runs an analysis on a query. `values` are its parameters, checked here; `host` gets log(text) and
--- progress(what, done, total).
---@param plugin lunette.Plugin
---@param input lunette.Query
---@param given? table<string, any>
---@param host? { log: fun(text: string), progress: fun(what: string, done: integer, total: integer) }
---@return lunette.Report
function analysis.execute(plugin, input, given, host)
  local values = params.parse(("analysis '%s'"):format(plugin.name), plugin.params, given or {})
  local applied, lacks
  if plugin.enrich then input, applied = require("lunette.enrich").complete(input, plugin.enrich, plugin.input) end
  input, lacks = analysis.fitted(plugin, input)
  if #lacks > 0 then refuse(plugin, input, lacks) end
  local opened, shown = params.open_inputs(plugin.params, values)
  local result = report.new { plugin = plugin.name, version = plugin.version, title = plugin.summary,
    heading = plugin.title, description = plugin.description, enrichments = applied, params = shown }
  local grant = { plugin = plugin.name, read = params.files(plugin.params, values), write = {} }
  local unfit = access.with(grant, plugin.run, analysis.context(plugin, input, opened, result, host or silent))
  result.unfit = type(unfit) == "string" and unfit or nil
  return result
end

--- Runs the analysis that a name or path stands for on a query, or on files: lunette.run("ports", "feed.csv",
--- { min_count = 10 }).
---@param name string
---@param input lunette.Query|string|string[]
---@param given? table<string, any>
---@return lunette.Report
function analysis.run(name, input, given)
  local plugin = require("lunette.plugin").find("analysis", name)
  if query.is_query(input) then return analysis.execute(plugin, input, given) end
  local result = analysis.execute(plugin, require("lunette.read").read(input), given)
  result.input.paths = type(input) == "table" and input or { input }
  return result
end

return analysis
