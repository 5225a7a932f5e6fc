-- Plugins from outside the bundled set. Their code never runs in this process: their file is evaluated in a box, and
-- what a plugin's functions are here asks a box to run them there, with what the user granted.
local core = require "lunette.core"
local access = require "lunette.access"
local box = require "lunette.box"
local broker = require "lunette.broker"
local errors = require "lunette.errors"
local query = require "lunette.query"
local wire = require "lunette.wire"

local outside = {}

local quick_seconds = 10 -- for evaluating a file, and for looking whether an input is a source's

-- What a box says, for people. `ctx` takes an analysis's log and progress.
local function teller(ctx)
  return function(kind, what, done, total)
    if kind == "out" then
      require("lunette.terminal").put(tostring(what))
    elseif kind == "print" then
      io.stderr:write(require("lunette.width").safe((tostring(what):gsub("\n$", ""))), "\n")
    elseif kind == "log" then
      local text = tostring(what)
      if ctx then ctx.log(text) else require("lunette.cli").say("%s", text) end
    elseif ctx and type(what) == "string" and type(done) == "number" and type(total) == "number" then
      ctx:progress(what, done, total)
    end
  end
end

-- Runs `op` in a box of its own, under the grant in force and `grant`.
local function call(file, grant, options, services, ctx, op, ...)
  local one <close> = box.open(file.path, file.text, options)
  return access.with_more(grant, one.call, one, services, teller(ctx), op, ...)
end

--- Reads the file of a plugin or script once: what is shown, hashed and run are the same bytes.
---@param path string
---@return { path: string, text: string }?, string? message
function outside.file(path)
  local handle, message = io.open(path, "rb")
  if not handle then return nil, message end
  local text = handle:read(8 << 20) or ""
  local more = handle:read(1)
  handle:close()
  if more then return nil, path .. ": a plugin of more than 8 MiB isn't read" end
  return { path = path, text = text }
end

-- The parameters as a box takes them, with inputs as descriptors; and how many bytes those have.
local function shared_values(plugin, given)
  local values, bytes = {}, 0
  for name, value in pairs(given) do
    values[name] = value
    if plugin.params[name] and plugin.params[name].type == "input" then
      local list = {}
      for i, each in ipairs(value) do
        list[i] = broker.shared(each)
        bytes = bytes + list[i]:size()
      end
      values[name] = { inputs = list }
    end
  end
  return values, bytes
end

-- What each function of a plugin is here.
local make = {}

function make.run(plugin, file)
  return function(ctx)
    local grant = require("lunette.grants").of(plugin, file)
    local input = broker.shared(ctx.input)
    local values, bytes = shared_values(plugin, ctx.params)
    bytes = bytes + input:size()
    local services = broker.services(ctx.input)
    broker.add_report(services, ctx)
    broker.add_run(services)
    local about = { name = plugin.name, version = plugin.version }
    local unfit = call(file, grant, { input_bytes = bytes }, services, ctx, "run", input, values, about)
    return type(unfit) == "string" and unfit or nil
  end
end

function make.detect(plugin, file)
  return function(head, path)
    local grant = require("lunette.grants").try(plugin, file)
    if not grant then return nil end
    local score = call(file, grant, { seconds = quick_seconds }, broker.services(), nil, "detect", head, path)
    return type(score) == "number" and score or nil
  end
end

function make.read(plugin, file)
  return function(path, options)
    local grant = require("lunette.grants").of(plugin, file)
    local rows, rejects, n, rejected = call(file, grant, { archives = true }, broker.services(), nil, "read", path, options)
    if math.type(n) ~= "integer" or math.type(rejected) ~= "integer" then n, rejected = nil, nil end
    local result = broker.adopted(rows)
    rejects = broker.adopted(rejects)
    if rejects:has("source", "string") then rejects = rejects:derive("source = $path", { path = path }):collect() end
    return query.of(core.read_elsewhere(result:handle(), rejects:handle(), n or #result, rejected or 0))
  end
end

function make.apply(plugin, file)
  return function(data, options)
    local grant, input = require("lunette.grants").of(plugin, file), broker.shared(data)
    local services = broker.services(data)
    local values, bytes = shared_values(plugin, options)
    return broker.adopted(call(file, grant, { input_bytes = bytes + input:size() }, services, nil, "apply", input, values))
  end
end

--- What a plugin's file returns, evaluated in a box without any permission; with functions that run in boxes. nil and
--- why not where it can't be evaluated.
---@param path string
---@return table?, string[]? problems, table? file
function outside.evaluate(path)
  local file, message = outside.file(path)
  if not file then return nil, { message } end
  local ok, value = pcall(call, file, { plugin = path }, { seconds = quick_seconds }, broker.services(), nil, "manifest")
  if not ok then
    if core.is_error(value) and value.code == "cancelled" then error(value, 0) end
    return nil, { "the file can't be run: " .. errors.text(value) }
  end
  if type(value) ~= "table" then return value, nil, file end
  local functions = {}
  for name in pairs(make) do functions[name] = value[name] == wire.far end
  -- The plugin isn't sound before the manifest was checked: its functions ask for it when they run.
  for name in pairs(functions) do
    if functions[name] then value[name] = make[name](value, file) end
  end
  return value, nil, file
end

--- What the library needs besides where it acts on the manifest of a sound plugin from outside.
---@class lunette.Outside
---@field grant fun(): lunette.Grant what the user lets it have; raises where it may not run
---@field match fun(text: string, pattern: string): string? string.match by a pattern of the plugin's, which may take for ever

---@param plugin lunette.Plugin
---@param file { path: string, text: string }
---@return lunette.Outside
function outside.of(plugin, file)
  return {
    grant = function() return require("lunette.grants").of(plugin, file) end,
    match = function(text, pattern)
      return call(file, { plugin = plugin.name }, { seconds = quick_seconds }, broker.services(), nil, "match", text, pattern)
    end,
  }
end

--- Runs a script in a box. It may read the files that its arguments name, and what `grant` gives.
---@param file { path: string, text: string }
---@param words string[] its arguments, and below 1 the words before them
---@param grant lunette.Grant
function outside.script(file, words, grant)
  for _, word in ipairs(words) do
    if core.stat(word) == "file" or word == "-" then grant.read[word] = true end
  end
  local services = broker.services()
  broker.add_run(services)
  call(file, grant, { archives = true, is_script = true }, services, nil, "script", words)
end

return outside
