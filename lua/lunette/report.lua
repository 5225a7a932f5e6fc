-- Reports: what a run of an analysis found, as data. Every writer (terminal, JSON, CSV, Markdown) draws the same report.
local chart_kinds = require "lunette.chart_kinds"
local core = require "lunette.core"
local errors = require "lunette.errors"
local query = require "lunette.query"

local report = {}

---@class lunette.Report
---@field plugin string
---@field version string
---@field title string
---@field description? string how the analysis counts, for who shows it
---@field enrichments string[] what added columns to the input
---@field heading? string a few words: what a page or a table of contents calls it
---@field description? string how the analysis counts, as Markdown
---@field input table path, paths, source, rows, rejected, sha256, bytes, files
---@field params table<string, any>
---@field databases lunette.IpDatabase[] the address databases that were asked
---@field unfit? string why the input isn't one for the analysis, where it says so: a page of several leaves it out
---@field items table[] everything in the order in which the analysis gave it; each has `kind` and lies in a list below
---@field metrics table[] { name, title, value, note }
---@field tables table[] { name, title, note, units, data = a collected query }
---@field charts table[] { name, kind_of_chart, title, data, x, y, color, … }
---@field findings table[] { severity, title, text, evidence = a collected query, chart }
---@field texts table[] { text }
local Report = {}
local meta = { __index = Report, __name = "lunette.report" }

local lists = { metric = "metrics", table = "tables", chart = "charts", finding = "findings", text = "texts" }
local severities = { info = true, low = true, medium = true, high = true }

-- The fields of each kind of item: the Lua type that each must have.
local metric_fields = { name = "string", title = "string", value = "any", note = "string", unit = "string" }
local table_fields = { name = "string", title = "string", note = "string", units = "table" }
local chart_fields = { name = "string", kind = "string", title = "string", note = "string", data = "query", x = "string",
  y = "string", color = "string", size = "string", label = "string", lat = "string", lon = "string", country = "string",
  source = "string", via = "string", target = "string", low = "string", high = "string", stacked = "boolean",
  x_title = "string", y_title = "string", log = "boolean" }
local finding_fields = { name = "string", severity = "string", title = "string", text = "string", evidence = "query",
  chart = "string" }
local column_fields = { "x", "y", "color", "size", "label", "lat", "lon", "country", "source", "via", "target", "low", "high" }

--- An empty report.
---@param about { plugin: string, version: string, title: string, heading?: string, description?: string,
---  enrichments?: string[], params: table }
---@return lunette.Report
function report.new(about)
  local self = { plugin = about.plugin, version = about.version, title = about.title, heading = about.heading,
    description = about.description, enrichments = about.enrichments or {}, params = about.params or {}, input = {},
    databases = {}, items = {}, named = {}, collected = setmetatable({}, { __mode = "k" }) }
  for _, list in pairs(lists) do self[list] = {} end
  return setmetatable(self, meta)
end

-- Checks the fields of an item that a plugin gave and copies them; `caller` is what was called, for messages.
local function take(what, given, fields, required, caller)
  caller = caller or "ctx:" .. what
  if type(given) ~= "table" then errors.raise("argument", "%s takes a table of fields, not a %s", caller, type(given)) end
  errors.check_keys("field of " .. what, given, fields)
  local out = {}
  for key, value in pairs(given) do
    local expected = fields[key]
    local ok = expected == "any" or expected == "query" and query.is_query(value) or type(value) == expected
    if not ok then errors.raise("argument", "%s: %s is a %s, not a %s", caller, key, type(value), expected) end
    out[key] = value
  end
  for _, key in ipairs(required) do
    if out[key] == nil then errors.raise("argument", "%s needs the field '%s'", caller, key) end
  end
  return out
end

local function add(self, kind, item)
  if item.name then
    local key = kind .. " " .. item.name
    if self.named[key] then errors.raise("argument", "there are two %ss called '%s'", kind, item.name) end
    self.named[key] = item
  end
  local list = self[lists[kind]]
  list[#list + 1] = item
  self.items[#self.items + 1] = { kind = kind, item = item }
  return item
end

-- Runs a query once, however often the report uses it.
local function collect(self, data)
  local result = self.collected[data]
  if not result then
    result = query.copy(data):collect()
    self.collected[data] = result
  end
  return result
end

--- A number, or another single value, that sums something up.
---@param given { name: string, value: any, title?: string, note?: string, unit?: string }
function Report:add_metric(given)
  local item = take("metric", given, metric_fields, { "name", "value" })
  if not core.type(item.value) then
    errors.raise("argument", "ctx:metric: the value of '%s' is a %s, which no metric can be", item.name, type(item.value))
  end
  item.title = item.title or item.name
  return add(self, "metric", item)
end

-- The units of a table's columns: texts, under the names of columns.
local function check_units(item)
  local names = {}
  for i, column in ipairs(item.data:schema()) do names[i] = column.name end
  for _, name in ipairs(errors.keys(item.units or {})) do
    if not item.data:has(name) then
      errors.raise("name", "ctx:table: units has '%s', but '%s' has no such column%s", name, item.name, errors.meant(name, names))
    elseif type(item.units[name]) ~= "string" then
      errors.raise("argument", "ctx:table: the unit of '%s' is a %s, not text", name, type(item.units[name]))
    end
  end
end

--- A table: runs the query.
---@param data lunette.Query
---@param given { name: string, title?: string, note?: string, units?: table<string, string> } units: column -> "s", "B", …
function Report:add_table(data, given)
  if not query.is_query(data) then errors.raise("argument", "ctx:table needs a query, not a %s", type(data)) end
  local item = take("table", given, table_fields, { "name" })
  if not item.name:match "^[%w_-]+$" then
    errors.raise("argument", "ctx:table: the name '%s' must be letters, digits, _ and -", item.name)
  end
  item.title = item.title or item.name
  item.data = collect(self, data)
  check_units(item)
  return add(self, "table", item)
end

--- A chart: runs the query; what it draws is checked against the query's columns.
---@param given table
---@param caller? string what messages call the function (default: ctx:chart)
function Report:add_chart(given, caller)
  caller = caller or "ctx:chart"
  local item = take("chart", given, chart_fields, { "name", "kind", "data" }, caller)
  if not chart_kinds.names[item.kind] then
    errors.raise("argument", "%s: there is no kind '%s'%s", caller, item.kind,
      errors.meant(item.kind, errors.keys(chart_kinds.names)))
  end
  local names = {}
  for i, column in ipairs(item.data:schema()) do names[i] = column.name end
  for _, key in ipairs(column_fields) do
    if item[key] and not item.data:has(item[key]) then
      errors.raise("name", "%s: %s is '%s', but its data has no such column%s", caller, key, item[key],
        errors.meant(item[key], names))
    end
  end
  item.title = item.title or item.name
  item.data = collect(self, item.data)
  return add(self, "chart", item)
end

--- Something that a person should look at, with the rows that show it.
---@param given { severity: string, title: string, text?: string, evidence?: lunette.Query, chart?: string }
function Report:add_finding(given)
  local item = take("finding", given, finding_fields, { "severity", "title" })
  if not severities[item.severity] then
    errors.raise("argument", "ctx:finding: severity is info, low, medium or high, not '%s'%s", item.severity,
      errors.meant(item.severity, errors.keys(severities)))
  end
  if item.evidence then item.evidence = collect(self, item.evidence) end
  return add(self, "finding", item)
end

--- A paragraph of Markdown.
---@param text string
function Report:add_text(text)
  if type(text) ~= "string" then errors.raise("argument", "ctx:text takes Markdown text, not a %s", type(text)) end
  return add(self, "text", { text = text })
end

--- An item of any kind, as it stands in a report's `items`.
---@param kind "metric"|"table"|"chart"|"finding"|"text"
---@param item table
function Report:add_item(kind, item)
  if kind == "text" then return self:add_text(item.text) end
  if kind ~= "table" then return self["add_" .. kind](self, item) end
  local given = {}
  for key, value in pairs(item) do
    if key ~= "data" then given[key] = value end
  end
  return self:add_table(item.data, given)
end

-- A name that no item of that kind has here.
local function free_name(self, kind, name, owner)
  local free, n = name, 1
  while self.named[kind .. " " .. free] do
    free, n = ("%s_%s%s"):format(owner, name, n > 1 and "_" .. n or ""), n + 1
  end
  return free
end

--- Takes over all items of another report. Where a name is taken, the other analysis' name comes in front.
---@param other lunette.Report
function Report:include(other)
  local charts = {}
  for _, entry in ipairs(other.items) do
    local item = {}
    for key, value in pairs(entry.item) do item[key] = value end
    if item.name then item.name = free_name(self, entry.kind, item.name, other.plugin) end
    if entry.kind == "chart" then charts[entry.item.name] = item.name end
    if entry.kind == "finding" then item.chart = charts[item.chart] or item.chart end
    self:add_item(entry.kind, item)
  end
  for _, name in ipairs(other.enrichments) do self.enrichments[#self.enrichments + 1] = name end
end

--- The table called `name` (default: the first) as an item. Raises when there is none.
---@param name? string
---@return table
function Report:find_table(name)
  if #self.tables == 0 then errors.raise("argument", "'%s' gave no table", self.plugin) end
  if not name then return self.tables[1] end
  local names = {}
  for i, item in ipairs(self.tables) do
    if item.name == name then return item end
    names[i] = item.name
  end
  errors.raise("argument", "'%s' has no table '%s'%s; its tables are %s", self.plugin, name, errors.meant(name, names),
    table.concat(names, ", "))
end

--- The rows of the table called `name` (default: the first).
---@param name? string
---@return lunette.Query
function Report:table(name) return self:find_table(name).data end

--- Shows the report on the standard output as `lunette run` does: with figures and colours where that is a terminal.
function Report:show() require("lunette.output").write(self, { format = "table" }) end

meta.__tostring = function(self) return (require("lunette.output").text(self):gsub("\n$", "")) end

return report
