-- The other side of a box (box.lua): the process in which code from outside runs. It loads what it needs, gives up its
-- rights, and then does what its parent asks: evaluate the plugin's file, call one of its functions, run a script.
-- Files, databases and the rest of the library come from the parent, which decides what may be had.
local core = require "lunette.core"
local wire = require "lunette.wire"

local worker = {}

local channel

local function send(...)
  local bytes, descriptors = wire.pack(table.pack(...))
  if not channel:send(bytes, descriptors) then os.exit(1, false) end -- nobody is there any more
end
worker.send = send

local function receive()
  local bytes, descriptors
  repeat bytes, descriptors = channel:receive() until bytes or descriptors ~= "signal"
  if not bytes then os.exit(0, false) end
  return wire.unpack(bytes, descriptors)
end

--- Asks the parent for something: what it answers. Raises what it refuses.
---@param service string
function worker.ask(service, ...)
  send("ask", service, ...)
  local answer = receive()
  if answer[1] == "answer" then return table.unpack(answer, 2, answer.n) end
  error(core.error(answer[2], answer[3]), 0)
end

-- Modules come from the parent once no file can be opened any more.
local function far_searcher(name)
  local text, path = worker.ask("module", name)
  if not text then return ("\n\tno module '%s' of lunette's"):format(name) end
  return assert(load(text, "@" .. path, "t")), path
end

-- ---- the plugin ----

local plugin -- what its file returned
local given -- what the parent said at the start: path, text, …

-- What sandbox.lua and others load files with.
local function far_loadfile(path, mode, env)
  local text = worker.ask("file", path)
  if not text then return nil, path .. ": no such file" end
  return load(text, "@" .. path, mode, env)
end

-- The world of the code; `kind` is how what it prints is told, `more` what it gets of the API besides.
local function environment(kind, more)
  local env = require("lunette.sandbox").environment(given.path, more)
  env.print = function(...)
    local parts = table.pack(...)
    for i = 1, parts.n do parts[i] = tostring(parts[i]) end
    send(kind, table.concat(parts, "\t") .. "\n")
  end
  return env
end

local function loaded()
  if plugin then return plugin end
  local chunk, message = load(given.text, "@" .. given.path, "t", environment "print")
  if not chunk then error(message, 0) end
  plugin = { value = chunk() }
  return plugin
end

-- A query's rows as a descriptor of shared memory.
local function shared(query)
  return core.share(require("lunette.query").copy(query):collect():handle())
end
worker.shared = shared

local function adopted(descriptor)
  local query = require "lunette.query"
  local result = query.of_table(core.adopt(descriptor))
  descriptor:close()
  return result
end
worker.adopted = adopted

-- The parameters as they were, with inputs as queries.
local function with_inputs(values)
  for name, value in pairs(values) do
    if type(value) == "table" and value.inputs then
      local queries = {}
      for i, descriptor in ipairs(value.inputs) do queries[i] = adopted(descriptor) end
      values[name] = queries
    end
  end
  return values
end

local function checked_query(result, what, path)
  if not require("lunette.query").is_query(result) then
    require("lunette.errors").raise_at(given.path, "format", "%s gave a %s%s, not a query", what, type(result),
      path and (" for '%s'"):format(path) or "")
  end
  return require("lunette.query").copy(result)
end

-- A report that tells the parent of each item as it comes.
local function far_report(about)
  local report = require("lunette.report").new(about)
  local class, known = getmetatable(report).__index, {}
  local function table_of(data)
    if data and not known[data] then known[data] = worker.ask("table", shared(data)) end
    return known[data]
  end
  for _, kind in ipairs { "metric", "table", "chart", "finding", "text" } do
    report["add_" .. kind] = function(self, ...)
      local item, copy = class["add_" .. kind](self, ...), {}
      for key, value in pairs(item) do copy[key] = value end
      copy.data, copy.evidence = nil, nil
      worker.ask("item", kind, copy, table_of(item.data), table_of(item.evidence))
      return item
    end
  end
  return report
end

local ops = {}

function ops.manifest()
  return require("lunette.plugin").plain(loaded().value)
end

function ops.detect(head, path)
  local score = loaded().value.detect(head, path)
  return type(score) == "number" and score or nil
end

function ops.match(text, pattern) return text:match(pattern) end

function ops.read(path, options)
  local result = checked_query(loaded().value.read(path, options), "read", path):collect()
  local rejects, rows, rejected = worker.rejected()
  return shared(result), shared(rejects), rows, rejected
end

function ops.apply(input, options)
  return shared(checked_query(loaded().value.apply(adopted(input), with_inputs(options)), "apply"))
end

function ops.run(input, values, about)
  local host = {
    log = function(text) send("log", text) end,
    progress = function(what, done, total) send("progress", what, done, total) end,
  }
  local context = require("lunette.analysis").context
  local unfit = loaded().value.run(context(about, adopted(input), with_inputs(values), far_report(about), host))
  return type(unfit) == "string" and unfit or nil
end

function ops.script(words)
  local env = environment("out", { "run", "chart", "engine" })
  env.arg = words
  local chunk, message = load(given.text, "@" .. given.path, "t", env)
  if not chunk then error(core.error("syntax", message), 0) end
  chunk(table.unpack(words))
end

-- ---- the loop ----

-- What an error says, with the names of files for those of descriptors.
local function told(e)
  local text = require("lunette.errors").text(e)
  if text == "not enough memory" then return "limit", ("more memory was needed than the %d MiB that it may have"):format(
    given.memory >> 20) end
  return core.is_error(e) and e.code or "value", worker.real_names(text)
end

local function answer(request)
  local results = table.pack(pcall(ops[request[1]], table.unpack(request, 2, request.n)))
  local ok, failure = true, nil
  if results[1] then ok, failure = pcall(send, "done", table.unpack(results, 2, results.n)) end
  if results[1] and ok then return end
  send("failed", told(results[1] and "it gave what can't be passed on: " .. tostring(failure) or results[2]))
end

--- Works until the parent has gone.
function worker.run()
  channel = core.channel()
  given = receive()[2]
  rawset(os, "getenv", function(name) return given.display[name] end)
  core.configure { threads = given.threads, memory = given.memory + given.input_bytes }
  if given.archives then pcall(core.load_archives) end
  require "lunette.plugin"
  require "lunette.sandbox"
  rawset(string, "dump", nil)
  require "lunette.far"(worker)
  local holds = core.confine { memory = given.memory + given.slack, seconds = given.cpu_seconds, file = given.file_bytes }
  package.path, package.searchers = "", { package.searchers[1], far_searcher }
  _G.loadfile, _G.dofile = far_loadfile, nil
  send("ready", core.version, holds)
  while true do answer(receive()) end
end

return worker
