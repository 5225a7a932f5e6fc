-- Enrichment: plugins that add columns to a query.
local core = require "lunette.core"
local errors = require "lunette.errors"
local access = require "lunette.access"
local query = require "lunette.query"

local enrich = {}

-- What a plugin may read while it is applied: the files that its options name, if whoever gave them may read them.
local function grant_for(plugin, options)
  local read = require("lunette.params").files(plugin.params, options)
  for _, value in pairs(options) do
    for _, file in ipairs(type(value) == "string" and value ~= "" and require("lunette.ipranges").files(value) or {}) do
      if access.may("read", file) then read[file] = true end
    end
  end
  return { plugin = plugin.name, read = read, write = {} }
end

-- A plugin that applies an enrichment can only give it files that it may read itself.
local function check_files(plugin, options)
  for name, value in pairs(options) do
    local spec = plugin.params[name]
    local paths = type(value) == "table" and value or value ~= spec.default and { value } or {}
    for _, path in ipairs(paths) do
      if type(path) == "string" and (spec.type ~= "string" or core.stat(path)) then access.check("read", path) end
    end
  end
end

-- A log has several addresses; which one is meant, its reader has to say.
local function which_address(input)
  local names, one = {}, nil
  for _, column in ipairs(input:schema()) do
    if column.type == "ip" then
      names[#names + 1] = column.name
      if not one or column.name == "dst_ip" then one = column.name end
    end
  end
  return one and ("no column 'ip' (ip); to choose one of %s: query:derive \"ip = %s\""):format(table.concat(names, ", "), one)
end

--- Applies an enrichment to a query.
---@param plugin lunette.Plugin
---@param input lunette.Query
---@param given? table<string, any> its parameters
---@return lunette.Query
function enrich.execute(plugin, input, given)
  local what = ("enrichment '%s'"):format(plugin.name)
  local params = require "lunette.params"
  local options = params.parse(what, plugin.params, given or {})
  check_files(plugin, options)
  local lacks
  input, lacks = require("lunette.analysis").fitted(plugin, input)
  for i, lack in ipairs(lacks) do
    if lack:find("no column 'ip' ", 1, true) then lacks[i] = which_address(input) or lack end
  end
  if #lacks > 0 then errors.raise("name", "the input doesn't fit the %s: %s", what, table.concat(lacks, "; ")) end
  local answered = plugin.http and require("lunette.http_enrich").serve(plugin, input, options)
  local opened = not answered and params.open_inputs(plugin.params, options)
  local result = answered or access.with(grant_for(plugin, options), plugin.apply, query.copy(input), opened)
  if not query.is_query(result) then
    errors.raise_at(plugin.path, "format", "apply gave a %s, not a query", type(result))
  end
  result = query.copy(result)
  for _, name in ipairs(errors.keys(plugin.columns)) do
    if not result:has(name) then
      errors.raise_at(plugin.path, "format", "apply didn't add the column '%s' that the manifest names", name)
    end
  end
  return result
end

--- Applies the enrichment that a name or path stands for: enrich.apply(q, "geoip", { database = "city.mmdb" }).
---@param input lunette.Query
---@param name string
---@param given? table<string, any>
---@return lunette.Query
function enrich.apply(input, name, given)
  if type(name) ~= "string" then errors.raise("argument", "enrich takes a plugin's name, not a %s", type(name)) end
  return enrich.execute(require("lunette.plugin").find("enrich", name), input, given)
end

--- Applies those of the named enrichments whose columns the query lacks; with `needed` only columns of that set count.
---@param input lunette.Query
---@param names string[]
---@param needed? table<string, any>
---@return lunette.Query
---@return string[] applied the names of those that were applied
function enrich.complete(input, names, needed)
  local applied = {}
  for _, name in ipairs(names) do
    local plugin = require("lunette.plugin").find("enrich", name)
    for _, column in ipairs(errors.keys(plugin.columns)) do
      local type_name = plugin.columns[column]
      local has = input:has(column, type_name) or type_name == "float" and input:has(column, "int")
      if (not needed or needed[column]) and not has then
        input = enrich.execute(plugin, input)
        applied[#applied + 1] = name
        break
      end
    end
  end
  return input, applied
end

return enrich
