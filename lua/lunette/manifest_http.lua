-- The manifest's field `http`: what an enrichment asks a service, and what of the answer becomes columns.
local errors = require "lunette.errors"

local manifest_http = {}

---@class lunette.HttpSource
---@field key string the column (one of `input`) whose different values are asked for
---@field url string {value} stands for the value, {secret:name} for a secret
---@field method? string
---@field headers? table<string, string>
---@field body? string {values} stands for the values as a JSON list, {value} for one
---@field batch? integer how many values a request may have (1)
---@field rate? { requests: integer, seconds: number, left?: string, reset?: string } no more requests in so many seconds;
---the headers that say how many are left, and for how many seconds
---@field records? string where in the answer the records are (default: found out)
---@field match? string the field that says which value a record is about; without it there is one value a request
---@field found? table<string, string> fields and what they hold where the service knows something
---@field fields table<string, string> for each column a path in a record, or an expression with the paths in backticks
---@field into? string with `apply`: the parameter of type input that may be this service's URL; the plugin gets the records
---@field path? string with `into`: what comes behind that URL (/{value})
---@field expects? table<string, string> with `into`: columns that the plugin needs, also where no answer had them
---@field keep_days? number how long an answer is used again (30)

local fields = { key = "string", url = "string", method = "string", headers = "table", body = "string", batch = "number",
  rate = "table", records = "string", match = "string", found = "table", fields = "table",
  keep_days = "number", into = "string", path = "string", expects = "table" }
local rate_fields = { requests = "number", seconds = "number", left = "string", reset = "string" }

local function shape_problem(value, known, where)
  for key, item in pairs(value) do
    local wanted = known[key]
    if not wanted then
      return ("has the unknown field '%s'%s"):format(where .. tostring(key), errors.meant(tostring(key), errors.keys(known)))
    elseif type(item) ~= wanted then
      return ("has a '%s' that is a %s, not a %s"):format(where .. key, type(item), wanted)
    end
  end
end

local function texts_problem(value, name)
  for key, item in pairs(value or {}) do
    if type(key) ~= "string" or type(item) ~= "string" then return ("writes '%s' as { name = \"text\" }"):format(name) end
  end
end

local function rate_problem(rate)
  local problem = shape_problem(rate, rate_fields, "rate.")
  if problem then return problem end
  if math.type(rate.requests) ~= "integer" or rate.requests < 1 or not rate.seconds or rate.seconds <= 0 then
    return "needs a rate like { requests = 15, seconds = 60 }"
  end
end

-- A service whose records go into a parameter.
local function into_problem(value, whole)
  local param = type(whole.params) == "table" and whole.params[value.into]
  if type(param) ~= "table" or param.type ~= "input" then return "needs into = \"…\", one of the parameters of the type input" end
  if not whole.apply then return "needs apply = function(query, opts) … end where it has `into`" end
  if value.url or value.fields or value.batch then
    return "takes no url, fields or batch where it has `into`: the parameter is the URL"
  end
  if value.path and not value.path:find("{value}", 1, true) then return "needs {value} in its path" end
end

--- What is wrong with the field, beside the rest of the manifest; nil when it is sound.
---@param value table
---@param whole table the manifest
---@return string?
function manifest_http.problem(value, whole)
  local problem = shape_problem(value, fields, "") or texts_problem(value.headers, "headers")
    or texts_problem(value.found, "found") or texts_problem(value.fields, "fields") or (value.rate and rate_problem(value.rate))
  if problem then return problem end
  local input = type(whole.input) == "table" and whole.input or {}
  if not value.key or not input[value.key] then return "needs key = \"…\", one of the columns of `input`" end
  if value.into then return into_problem(value, whole) end
  if not value.url or not value.url:match "^https?://[^/]" then return "needs url = \"https://…\"" end
  if not value.fields then return "needs fields = { column = \"path.in.the.answer\" }" end
  for _, name in ipairs(errors.keys(type(whole.columns) == "table" and whole.columns or {})) do
    if not value.fields[name] then return ("needs fields.%s, for the column '%s' that the plugin declares"):format(name, name) end
  end
  local batch = value.batch or 1
  if math.type(batch) ~= "integer" or batch < 1 or batch > 10000 then return "needs a batch of 1 to 10000" end
  if batch > 1 and not value.match then return "needs match = \"…\", the field that says which value a record is about" end
  local text = value.url .. (value.body or "")
  if not text:find("{values?}") then return "needs {value} in its url, or {values} in its body" end
  if batch > 1 and not (value.body or ""):find("{values}", 1, true) then return "needs {values} in its body for a batch" end
end

return manifest_http
