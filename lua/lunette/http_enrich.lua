-- Enrichments that ask a service: a plugin declares what is asked and what of the answer becomes columns (its field `http`);
-- no code of the plugin runs.
--
-- What is sent: each different value once, none that is in the cache, no address that isn't public. Before anything is
-- sent it is said how much would be, and to whom; without the user's permission it ends there. Each request is noted in the
-- ledger, each answer kept, so that an interrupted run goes on where it was.
local cli = require "lunette.cli"
local errors = require "lunette.errors"
local cache = require "lunette.http_cache"
local service = require "lunette.http_service"
local lunette = require "lunette"

local http_enrich = {}

local function quoted(name) return "`" .. name .. "`" end

-- Calls `fn` with each path into an answer's records that the expressions (a path is one, too) and the conditions name.
local function each_path(spec, expressions, fn)
  for _, text in pairs(expressions) do
    if text:find("`", 1, true) then
      for path in text:gmatch "`([^`]+)`" do fn(path) end
    else
      fn(text)
    end
  end
  for path in pairs(spec.found or {}) do fn(path) end
  if spec.match then fn(spec.match) end
end

-- The rows with all that the expressions name: fields that this answer hasn't got are null.
local function with_fields(rows, spec, expressions)
  local missing = {}
  each_path(spec, expressions, function(name)
    if not rows:has(name) and not missing[name] then
      missing[name], missing[#missing + 1] = true, ("%s = if_else(false, '', null)"):format(quoted(name))
    end
  end)
  return #missing > 0 and rows:derive(table.unpack(missing)) or rows
end

-- The condition that a record holds something; of fields that `rows` has, where it is given.
local function conditions(spec, rows)
  local out = {}
  for _, name in ipairs(errors.keys(spec.found or {})) do
    if rows and not rows:has(name) then return "false" end
    out[#out + 1] = ("%s == '%s'"):format(quoted(name), (spec.found[name]:gsub("'", "\\'")))
  end
  return #out > 0 and table.concat(out, " and ") or "true"
end

-- How many elements of lists are needed: paths such as `names.0` and `answers.2.rdata` say it.
local function items_of(spec)
  local most = 0
  each_path(spec, spec.fields, function(path)
    for step in ("." .. path .. "."):gmatch "%.(%d+)%f[.]" do most = math.max(most, math.tointeger(tonumber(step)) + 1) end
  end)
  return most
end

-- The records of an answer; those that can't be read are told.
local function records_of(plugin, path, from)
  local spec = plugin.http
  local options = { records = spec.records, all_strings = true, list_items = items_of(spec) }
  local rows, n_rejected = service.records(path, options, from)
  if n_rejected > 0 and not cli.session.quiet then
    cli.say("%s: %d record%s of an answer can't be read", plugin.name, n_rejected, n_rejected == 1 and "" or "s")
  end
  return rows, n_rejected
end

-- Notes which of the plain paths that columns are from an answer's records have, and what else they have. (An expression may
-- name a field that only some answers have.)
local function note_fields(plugin, rows, seen)
  if #rows == 0 then return end
  for _, name in ipairs(errors.keys(plugin.columns)) do
    local path = plugin.http.fields[name]
    if rows:has(path) then seen.had[path] = true end
    if not path:find("`", 1, true) then seen.wanted[path] = true end
  end
  for _, column in ipairs(rows:schema()) do seen.names[column.name] = true end
end

-- Says which columns stay empty because no answer had their field, as where it is written wrongly.
local function say_missing(plugin, seen)
  for _, path in ipairs(errors.keys(seen.wanted)) do
    if not seen.had[path] and not cli.session.quiet then
      cli.say("%s: no answer has the field '%s'%s", plugin.name, path, errors.meant(path, errors.keys(seen.names)))
    end
  end
end

-- An answer as rows of the cache, for the values that were asked, with nulls for those that it doesn't know (an answer
-- without a file knows none). Where records can't be read, those may be among them: then they stay open.
local function answered(plugin, path, values, from, seen)
  local asked = lunette.table { { name = "key", type = "string", values = values } }
  if not path then return asked:derive("asked_at = $now", { now = lunette.now() }):collect() end
  local spec, names, expressions = plugin.http, errors.keys(plugin.columns), {}
  local rows, n_rejected = records_of(plugin, path, from)
  note_fields(plugin, rows:filter(conditions(spec, rows)), seen)
  for i, name in ipairs(names) do expressions[i] = spec.fields[name] end
  rows = with_fields(rows, spec, expressions)
  local select = { spec.match and ("key = %s"):format(quoted(spec.match)) or "key = $only" }
  for i, name in ipairs(names) do
    local text = expressions[i]
    local value = text:find("`", 1, true) and text or quoted(text)
    select[#select + 1] = ("%s = %s"):format(quoted(name), cache.cast(plugin.columns[name], value))
  end
  select[#select + 1] = { only = values[1] }
  local found = rows:filter(conditions(spec)):select(table.unpack(select)):filter "not_null(key)":distinct "key"
  local kind = n_rejected > 0 and "inner" or "left"
  return asked:join(found, "key", { kind = kind }):derive("asked_at = $now", { now = lunette.now() }):collect()
end

--- Adds the plugin's columns to a query, by asking its service for what isn't known yet.
---@param plugin lunette.Plugin
---@param input lunette.Query
---@return lunette.Query
function http_enrich.apply(plugin, input)
  local spec = plugin.http
  local key, key_type, days = spec.key, plugin.input[spec.key], spec.keep_days or 30
  local values = service.wanted(input, key, key_type)
  local known = cache.load(plugin, key, key_type, days)
  local open = known and values:anti_join(known, key):collect() or values
  if #open > 0 then
    local seen = { had = {}, wanted = {}, names = {} }
    service.ask(plugin, service.url(plugin), open, #values - #open, function(path, texts, answer)
      cache.add(plugin, answered(plugin, path, texts, answer.url, seen))
    end)
    say_missing(plugin, seen)
    known = cache.load(plugin, key, key_type, days)
  end
  local fields = {}
  for i, name in ipairs(errors.keys(plugin.columns)) do fields[i] = { name = name } end
  local room = require("lunette.ipdb").make_room(input, fields)
  if not known then return room:derive(table.unpack(http_enrich.nulls(plugin))) end
  return room:join(known, key, { kind = "left" })
end

--- Asks the service that a plugin declares: the query with its columns; or nil where the plugin itself makes them of the
--- records, which then stand in its parameter.
---@param plugin lunette.Plugin
---@param input lunette.Query
---@param values table<string, any> the parameters, parsed
---@return lunette.Query?
function http_enrich.serve(plugin, input, values)
  if not plugin.http.into then return http_enrich.apply(plugin, input) end
  require("lunette.http_records").replace(plugin, input, values)
end

--- Definitions of the plugin's columns without a value.
---@param plugin lunette.Plugin
---@return string[]
function http_enrich.nulls(plugin)
  local out = {}
  for i, name in ipairs(errors.keys(plugin.columns)) do
    out[i] = ("%s = %s"):format(quoted(name), cache.cast(plugin.columns[name], "if_else(false, '', null)"))
  end
  return out
end

return http_enrich
