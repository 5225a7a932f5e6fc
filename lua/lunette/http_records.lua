-- Records from a service: where a plugin's parameter takes files with records, it can take a service's URL as well, if the
-- plugin declares in `http` (with `into`, the parameter's name) how it is asked. The answers are kept as lines of JSON, with
-- the value that was asked for and when.
local core = require "lunette.core"
local errors = require "lunette.errors"
local cache = require "lunette.http_cache"
local service = require "lunette.http_service"
local lunette = require "lunette"

local http_records = {}

-- Rows of the cache: an answer's records with what was asked and when; one row with nothing else where there are none.
local function rows_of(spec, path, value, from)
  local kind, size = core.stat(path or "")
  if kind == "file" and size > 0 then
    local rows = service.records(path, { records = spec.records }, from)
    if #rows > 0 then
      return rows:derive("cache_key = $value", "cache_time = $now", "cache_none = false", { value = value, now = lunette.now() })
        :collect()
    end
  end
  return lunette.table { { name = "cache_key", type = "string", values = { value } },
    { name = "cache_time", type = "time", values = { lunette.now() } }, { name = "cache_none", type = "bool", values = { true } } }
end

-- What was answered since `since`, the last answer for each value; nil where there is nothing.
local function load(path, since)
  local types = { cache_key = "string", cache_time = "time", cache_none = "bool" }
  local rows = cache.read(path, types, { "cache_key", "cache_time", "cache_none" })
  if not rows then return nil end
  rows = rows:filter("cache_time >= $since", { since = since }):collect()
  local newest = rows:group_by "cache_key":agg "cache_time = max(cache_time)"
  return rows:semi_join(newest, { "cache_key", "cache_time" }):collect()
end

-- Columns that no answer had, as nulls of the types that the plugin expects.
local function completed(rows, expects)
  local missing = {}
  for _, name in ipairs(errors.keys(expects or {})) do
    if not rows:has(name) then missing[#missing + 1] = ("`%s` = %s(null)"):format(name, expects[name]) end
  end
  return #missing > 0 and rows:derive(table.unpack(missing)) or rows
end

--- The records that a service has for the values of the input's key, asked for where they aren't known yet.
---@param plugin lunette.Plugin
---@param input lunette.Query
---@param base string the service's URL
---@return lunette.Query
function http_records.of(plugin, input, base)
  local spec = plugin.http
  local path = cache.path(plugin, (base:gsub("^%l+://", ""):gsub("[^%w%.%-]", "_")))
  local since = lunette.time(lunette.now().us - math.floor((spec.keep_days or 30) * 86400) * 1000000)
  local values = service.wanted(input, spec.key, plugin.input[spec.key])
  local texts = values:select(("cache_key = string(`%s`)"):format(spec.key), ("`%s`"):format(spec.key)):collect()
  local known = load(path, since)
  local open = known and texts:anti_join(known, "cache_key"):collect() or texts
  service.ask(plugin, base:gsub("/$", "") .. (spec.path or "/{value}"), open:select(("`%s`"):format(spec.key)):collect(),
    #values - #open, function(answer, asked, about)
      cache.append(path, rows_of(spec, answer, asked[1], about.url))
    end)
  local all = load(path, since)
  if not all then all = texts:head(0):derive("cache_time = $now", "cache_none = true", { now = lunette.now() }) end
  local found = all:semi_join(texts, "cache_key"):filter "not cache_none":drop("cache_key", "cache_time", "cache_none")
  return completed(found, spec.expects):collect()
end

--- Where the plugin's parameter holds a service's URL: puts the service's records in its place.
---@param plugin lunette.Plugin
---@param input lunette.Query
---@param values table<string, any> the parameters, parsed
function http_records.replace(plugin, input, values)
  local list = values[plugin.http.into]
  for i, each in ipairs(list or {}) do
    if type(each) == "string" and each:match "^https?://" then list[i] = http_records.of(plugin, input, each) end
  end
end

return http_records
