-- What a box may ask this process for. Each service checks what it gets: the arguments come from code that may be
-- hostile, and so may tables in shared memory be, until core.adopt has looked at them.
local core = require "lunette.core"
local access = require "lunette.access"
local errors = require "lunette.errors"
local query = require "lunette.query"
local lunette = require "lunette"

local broker = {}

local max_rows, max_bytes = 50000000, 4 << 30

-- A table that a box gave, as a query.
local function adopted(descriptor)
  if getmetatable(descriptor) ~= "lunette.descriptor" then errors.raise("argument", "a table was expected") end
  local result = core.adopt(descriptor, max_bytes)
  descriptor:close()
  if #result > max_rows then
    errors.raise("limit", "a table of %d rows is more than the %d that code from outside may give", #result, max_rows)
  end
  return query.of_table(result)
end
broker.adopted = adopted

--- A query's rows in shared memory.
---@param data lunette.Query
---@return lunette.Descriptor
function broker.shared(data) return core.share(query.copy(data):collect():handle()) end

local function check_text(what, value)
  if type(value) ~= "string" then errors.raise("argument", "%s must be text, not a %s", what, type(value)) end
  return value
end

-- A plugin's name; a path would have this process look into a file of the box's choice.
local function check_name(what, name)
  if not check_text(what, name):match "^%l[%l%d_]*$" then
    errors.raise("argument", "%s must be a name here, not '%s'", what, name)
  end
  return name
end

local function content(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read "a"
  file:close()
  return text
end

-- The library's own text, which a box can't read itself.
local function add_library(services)
  local root = lunette.home .. "lua/"
  function services.module(name)
    if not check_text("a module's name", name):match "^lunette%.[%w_%.]+$" or name:find("..", 1, true) then return nil end
    local base = root .. name:gsub("%.", "/")
    for _, path in ipairs { base .. ".lua", base .. "/init.lua" } do
      local text = content(path)
      if text then return text, path end
    end
  end
  function services.file(path)
    local part = check_text("a path", path):match "/kit/([%l_]+)%.lua$"
    return part and content(("%slunette/kit/%s.lua"):format(root, part))
  end
end

local function add_files(services)
  function services.open(path)
    access.check("read", check_text("a path", path))
    local file, message = core.open_descriptor(require("lunette.read").bundled(path) or path)
    if not file then errors.raise("io", "%s", message) end
    return file
  end
  function services.read(paths, options)
    if type(options) ~= "table" then options = {} end
    local given = { source = options.source and check_name("source", options.source), member = options.member }
    for _, path in ipairs(type(paths) == "table" and paths or { paths }) do
      if not require("lunette.read").is_sample(path) then access.check("read", check_text("a path", path)) end
    end
    return broker.shared(access.as_host(lunette.read, paths, given))
  end
  function services.write(path, data, options)
    access.check("write", check_text("a path", path))
    adopted(data):write(path, type(options) == "table" and { format = options.format, raw = options.raw } or nil)
  end
end

-- A chart of a script's, written where the grant in force allows it.
local function add_charts(services)
  function services.save_chart(path, given, data)
    access.check("write", check_text("a path", path))
    if type(given) ~= "table" then errors.raise("argument", "a chart that is none") end
    given.data = adopted(data)
    lunette.chart(given):save(path)
  end
end

local function add_databases(services)
  local ipdb = require "lunette.ipdb"
  function services.database(kind, path)
    local about = {}
    for key, value in pairs(ipdb.ip_database(kind, path, services.input)) do about[key] = value end
    return about
  end
  function services.lookup(kind, path, addresses, fields)
    return broker.shared(ipdb.ip_database(kind, path, services.input):add(adopted(addresses), "ip", fields))
  end
  function services.enrich(data, name, options)
    local result = require("lunette.enrich").apply(adopted(data), check_name("an enrichment", name), options)
    return broker.shared(result)
  end
end

--- The services for code that runs under the grant in force. `input` is the query it works on, if any.
---@param input? lunette.Query
---@return table<string, function>
function broker.services(input)
  local services = {}
  add_library(services)
  add_files(services)
  add_databases(services)
  add_charts(services)
  services.input = input
  return services
end

-- A report's items as data: each of its tables once.
local function portable(result)
  local shared, items = {}, {}
  local function share(data)
    shared[data] = shared[data] or broker.shared(data)
    return shared[data]
  end
  for i, entry in ipairs(result.items) do
    local item = {}
    for key, value in pairs(entry.item) do item[key] = query.is_query(value) and share(value) or value end
    items[i] = { kind = entry.kind, item = item }
  end
  return items
end

local running, most_running = 0, 4 -- analyses that run analyses

local function run_analysis(...)
  if running == most_running then
    errors.raise("limit", "an analysis that runs one that runs one …: not more than %d deep", most_running)
  end
  running = running + 1
  local ok, result = pcall(lunette.run, ...)
  running = running - 1
  if not ok then error(result, 0) end
  return result
end

-- Parameters as they were sent, with queries for shared tables.
local function with_queries(given)
  if type(given) ~= "table" then return nil end
  for _, value in pairs(given) do
    if type(value) == "table" and type(value.inputs) == "table" then
      for i, each in ipairs(value.inputs) do value[i] = type(each) == "userdata" and adopted(each) or each end
      value.inputs = nil
    end
  end
  return given
end

--- Adds what runs analyses for code from outside, by name: on its data, or on files that it may read.
---@param services table<string, function>
function broker.add_run(services)
  function services.run(name, data, paths, given)
    check_name("an analysis", name)
    local input = data and adopted(data) or paths
    local result = run_analysis(name, input, with_queries(given))
    local about = { plugin = result.plugin, version = result.version, title = result.title, heading = result.heading,
      description = result.description, enrichments = result.enrichments, params = {}, input = { paths = result.input.paths } }
    for key, value in pairs(result.params) do about.params[key] = tostring(value) end
    return about, portable(result)
  end
end

--- Adds what takes a report's items: each is checked and added through `ctx`, as if the plugin had run here.
---@param services table<string, function>
---@param ctx table
function broker.add_report(services, ctx)
  local tables, items, max_items = {}, 0, 10000
  local function count()
    items = items + 1
    if items > max_items then errors.raise("limit", "a report of more than %d items", max_items) end
  end
  services["table"] = function(data)
    count()
    tables[#tables + 1] = adopted(data)
    return #tables
  end
  function services.item(kind, given, data, evidence)
    count()
    if kind == "text" then return ctx:text(type(given) == "table" and given.text) end
    if kind == "table" then return ctx:table(tables[data], given) end
    if type(given) ~= "table" then errors.raise("argument", "an item that is none") end
    given.data, given.evidence = tables[data], tables[evidence]
    if kind == "metric" then return ctx:metric(given) end
    if kind == "chart" then return ctx:chart(given) end
    if kind == "finding" then return ctx:finding(given) end
    errors.raise("argument", "an item of no kind")
  end
end

return broker
