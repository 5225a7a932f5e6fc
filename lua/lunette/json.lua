-- A report as JSON. Text is escaped in C (safe inside a page too); rows are written there in bulk.
local core = require "lunette.core"
local errors = require "lunette.errors"

local json = {}

local rows_per_piece = 4096

--- A single value: number, string, boolean, time, ip, null or nil.
---@param value any
---@return string
function json.value(value) return core.json_value(value) end

-- An object from { name, text } pairs; pairs whose text is nil are left out.
local function object(pairs_)
  local out = {}
  for _, pair in ipairs(pairs_) do
    if pair[2] then out[#out + 1] = json.value(pair[1]) .. ":" .. pair[2] end
  end
  return "{" .. table.concat(out, ",") .. "}"
end

local function optional(value) return value ~= nil and json.value(value) or nil end

local function columns_of(data, units)
  local out = {}
  for i, column in ipairs(data:schema()) do
    out[i] = object { { "name", json.value(column.name) }, { "type", json.value(column.type) },
      { "unit", optional(units and units[column.name]) } }
  end
  return "[" .. table.concat(out, ",") .. "]"
end

local function rows_of(data)
  local result = data:collect():handle()
  local out = {}
  for first = 1, #result, rows_per_piece do out[#out + 1] = result:json_rows(first, rows_per_piece) end
  return "[" .. table.concat(out, ",") .. "]"
end

local function array(list, encode)
  local out = {}
  for i, item in ipairs(list) do out[i] = encode(item) end
  return "[" .. table.concat(out, ",\n") .. "]"
end

-- Names to values, in the names' order.
local function map(values)
  local out = {}
  for i, name in ipairs(errors.keys(values)) do out[i] = { name, json.value(values[name]) } end
  return object(out)
end

local function file(entry)
  return object { { "path", json.value(entry.path) }, { "source", optional(entry.source) },
    { "bytes", optional(entry.bytes) }, { "sha256", optional(entry.sha256) } }
end

local function input(about)
  return object { { "path", json.value(about.path) }, { "source", optional(about.source) },
    { "rows", json.value(about.rows) }, { "rejected", json.value(about.rejected) }, { "bytes", optional(about.bytes) },
    { "sha256", json.value(about.sha256) }, { "files", about.files and array(about.files, file) } }
end

local function database(db)
  return object { { "path", json.value(db.path) }, { "type", json.value(db.type) },
    { "description", json.value(db.description) }, { "build_time", json.value(db.build_time) } }
end

local function metric(item)
  return object { { "name", json.value(item.name) }, { "title", json.value(item.title) },
    { "value", json.value(item.value) }, { "unit", optional(item.unit) }, { "note", optional(item.note) } }
end

local function table_item(item)
  return object { { "name", json.value(item.name) }, { "title", json.value(item.title) }, { "note", optional(item.note) },
    { "columns", columns_of(item.data, item.units) }, { "rows", rows_of(item.data) } }
end

local function chart(item)
  local fields = { { "name", json.value(item.name) }, { "kind", json.value(item.kind) } }
  for _, key in ipairs(errors.keys(item)) do
    if key ~= "name" and key ~= "kind" and key ~= "data" then fields[#fields + 1] = { key, json.value(item[key]) } end
  end
  fields[#fields + 1] = { "columns", columns_of(item.data) }
  fields[#fields + 1] = { "rows", rows_of(item.data) }
  return object(fields)
end

local function finding(item)
  local evidence = item.evidence
  return object { { "severity", json.value(item.severity) }, { "title", json.value(item.title) },
    { "text", optional(item.text) }, { "chart", optional(item.chart) },
    { "evidence", evidence and object { { "columns", columns_of(evidence) }, { "rows", rows_of(evidence) } } } }
end

--- The whole report as one JSON document; `only` leaves all tables but one out.
---@param report lunette.Report
---@param only? string
---@return string
function json.report(report, only)
  local tables = only and { report:find_table(only) } or report.tables
  local parts = {
    { "plugin", json.value(report.plugin) }, { "version", json.value(report.version) },
    { "lunette", json.value(core.version) }, { "title", json.value(report.title) },
    { "input", input(report.input) }, { "params", map(report.params) },
    { "databases", array(report.databases, database) }, { "metrics", array(report.metrics, metric) },
    { "tables", array(tables, table_item) }, { "charts", array(report.charts, chart) },
    { "findings", array(report.findings, finding) },
    { "texts", array(report.texts, function(item) return json.value(item.text) end) },
  }
  local out = {}
  for i, part in ipairs(parts) do out[i] = json.value(part[1]) .. ":" .. part[2] end
  return "{" .. table.concat(out, ",\n") .. "}\n"
end

return json
