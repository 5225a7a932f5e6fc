-- Examples and tests in plugins' manifests: runs them and says what didn't come out as expected.
local core = require "lunette.core"
local errors = require "lunette.errors"
local files = require "lunette.example_files"

local example = {}

---@class lunette.Example
---@field name? string what a test promises, in a sentence
---@field input? string|string[] a bundled input, or files beside the plugin's
---@field text? string the input's content, in the place of a file: CSV, unless `file` says otherwise
---@field file? string what the file of that content is called, whose source then has to know it
---@field params? table<string, any>
---@field expect? table what has to come out
---@field note? string

---@class lunette.Outcome
---@field name string
---@field problems string[] empty: it passed
---@field result? lunette.Report|lunette.Query

-- ---- what is expected ----

local function column_types(data)
  local types = {}
  for _, column in ipairs(data:schema()) do types[column.name] = column.type end
  return types
end

-- Whether a value is the one that is expected, which may be the text of a time or address.
local function same(expected, actual)
  if actual == expected then return true end
  local kind = core.type(actual)
  if kind == "float" and type(expected) == "number" then return math.abs(actual - expected) <= 1e-9 * math.abs(expected) end
  if type(expected) ~= "string" then return false end
  if kind ~= "time" and kind ~= "ip" then return kind ~= "string" and core.text(actual) == expected end
  local ok, value = pcall(core[kind], expected)
  return ok and value == actual
end

local function shown(value)
  if value == nil then return "null" end
  return type(value) == "string" and ("%q"):format(value) or tostring(value)
end

local function check_columns(expected, data, what, add)
  local types = column_types(data)
  local names = errors.keys(types)
  for key, value in pairs(expected) do
    local name, wanted = key, value
    if math.type(key) then name, wanted = value, nil end
    if not types[name] then
      add("%s has no column '%s'%s; it has %s", what, name, errors.meant(name, names), table.concat(names, ", "))
    elseif wanted and wanted ~= types[name] then
      add("%s: the column '%s' is %s, not %s", what, name, types[name], wanted)
    end
  end
end

local function check_first(expected, data, what, add)
  local row, types = data:first(), column_types(data)
  if not row then return add("%s has no first row", what) end
  for _, name in ipairs(errors.keys(expected)) do
    if not types[name] then
      add("%s has no column '%s'%s", what, name, errors.meant(name, errors.keys(types)))
    elseif not same(expected[name], row[name]) then
      add("%s: the first row's %s is %s, not %s", what, name, shown(row[name]), shown(expected[name]))
    end
  end
end

local rows_fields = { rows = true, columns = true, first = true }

-- Rows against true (some), a number, or { rows =, columns =, first = }.
local function check_rows(expected, data, what, add)
  if expected == true then
    if #data == 0 then add("%s has no rows", what) end
  elseif type(expected) == "number" then
    if #data ~= expected then add("%s has %d rows, not %s", what, #data, tostring(expected)) end
  elseif type(expected) == "table" then
    for key in pairs(expected) do
      if not rows_fields[key] then add("expect for %s has the unknown field '%s'", what, tostring(key)) end
    end
    if expected.rows ~= nil then check_rows(expected.rows, data, what, add) end
    if expected.columns then check_columns(expected.columns, data, what, add) end
    if expected.first then check_first(expected.first, data, what, add) end
  else
    add("expect for %s must be true, a number of rows, or { rows =, columns =, first = }", what)
  end
end

local function by_name(items)
  local out = {}
  for _, item in ipairs(items) do
    if item.name then out[item.name] = item end
  end
  return out
end

-- Calls check(item, expected, name) for each expected item; says which aren't there.
local function check_items(what, expected, items, add, check)
  local named = by_name(items)
  for _, name in ipairs(errors.keys(expected or {})) do
    if named[name] then
      check(named[name], expected[name], name)
    else
      add("there is no %s '%s'%s", what, name, errors.meant(name, errors.keys(named)))
    end
  end
end

-- Whether a finding's title has the text, or matches it as a pattern. Those of plugins from outside aren't tried here.
local function says(plugin, title, pattern)
  if title:find(pattern, 1, true) then return true end
  local match = plugin.outside and plugin.outside.match or string.match
  local ok, found = pcall(match, title, pattern)
  if not ok then
    local why = errors.text(found):gsub("^.-:%d+: ", "")
    errors.raise("argument", "expect.findings: '%s' is no pattern: %s", pattern, why)
  end
  return found ~= nil
end

local function check_findings(expected, report, add, plugin)
  for _, pattern in ipairs(expected or {}) do
    local found = false
    for _, finding in ipairs(report.findings) do found = found or says(plugin, finding.title, pattern) end
    if not found then
      local first = report.findings[1]
      add("no finding says '%s' (%d findings%s)", pattern, #report.findings, first and ("; the first: " .. first.title) or "")
    end
  end
end

local function check_report(expect, report, add, plugin)
  check_items("table", expect.tables, report.tables, add, function(item, expected, name)
    check_rows(expected, item.data, ("the table '%s'"):format(name), add)
  end)
  check_items("metric", expect.metrics, report.metrics, add, function(item, expected, name)
    if not same(expected, item.value) then
      add("the metric '%s' is %s, not %s", name, shown(item.value), shown(expected))
    end
  end)
  check_items("chart", expect.charts, report.charts, add, function(item, expected, name)
    check_rows(expected, item.data, ("the chart '%s'"):format(name), add)
  end)
  check_findings(expect.findings, report, add, plugin)
end

-- ---- running ----

local runners = {}

-- A text without a file's name is CSV; anything else is read by the source that knows it.
local function read(paths, one)
  return require("lunette.read").read(paths, one.text and not one.file and { source = "csv" } or nil)
end

function runners.analysis(plugin, paths, one, host)
  local input = read(paths, one)
  return require("lunette.analysis").execute(plugin, input, files.params(plugin, one), host), input
end

function runners.enrich(plugin, paths, one)
  return require("lunette.enrich").execute(plugin, read(paths, one), files.params(plugin, one)):collect()
end

function runners.source(plugin, paths, one, _, add)
  local path = require("lunette.read").bundled(paths[1]) or paths[1]
  local grant = { plugin = plugin.name, read = { [path] = true }, write = {} }
  local score = require("lunette.access").with(grant, plugin.detect, core.peek(path), path)
  if type(score) ~= "number" or score <= 0 then
    add("detect doesn't know the example's file (it gave %s): such a file would not be read by this source", tostring(score))
  end
  local options = { source = plugin.path }
  for name, value in pairs(files.params(plugin, one)) do options[name] = value end
  return require("lunette.read").read(paths[1], options):collect()
end

-- Runs one example and adds what is wrong. Gives the result and the input of an analysis.
local function run_one(plugin, one, host, add)
  local paths, remove
  if one.text then
    local path
    path, remove = files.write(one)
    paths = { path }
  else
    paths = files.inputs(plugin, one)
  end
  local ok, result, input = pcall(runners[plugin.kind], plugin, paths, one, host, add)
  local expect = one.expect or {}
  local checked, failure = true, nil
  if ok and not expect.error then
    checked, failure = pcall(plugin.kind == "analysis" and check_report or function()
      check_rows({ rows = expect.rows, columns = expect.columns, first = expect.first }, result, "the result", add)
    end, expect, result, add, plugin)
  end
  if remove then remove() end
  if not checked then error(failure, 0) end
  if expect.error then
    local said = not ok and errors.text(result)
    if ok then add("it should fail, saying '%s'", expect.error) end
    if said and not said:find(expect.error, 1, true) then add("it should fail with '%s', but said: %s", expect.error, said) end
    return nil
  end
  if not ok then error(result, 0) end
  return result, input
end

--- The examples and tests of a plugin, the example first.
---@param plugin lunette.Plugin
---@return lunette.Example[]
function example.list(plugin)
  local list = {}
  if plugin.example then list[1] = plugin.example end
  for _, test in ipairs(plugin.tests or {}) do list[#list + 1] = test end
  return list
end

--- Runs one of them.
---@param plugin lunette.Plugin
---@param one lunette.Example
---@param host? table what an analysis says things with
---@return lunette.Outcome
---@return lunette.Query? input an analysis' input
function example.run(plugin, one, host)
  local outcome = { name = one.name or one == plugin.example and "example" or "test", problems = {} }
  local function add(format, ...) outcome.problems[#outcome.problems + 1] = format:format(...) end
  local ok, result, input = pcall(run_one, plugin, one, host, add)
  if not ok then
    add("%s", errors.text(result))
    return outcome
  end
  outcome.result = result
  return outcome, input
end

return example
