-- The prompt: lines from a terminal, a pipe or a file into a session, until they end. `lunette` without a command is this,
-- and other programs can have it over streams of their own.
local core = require "lunette.core"
local cli = require "lunette.cli"
local errors = require "lunette.errors"

local repl = {}

---@class lunette.repl.Options
---@field input? file* where lines come from (the standard input)
---@field output? file* where results go (the standard output)
---@field messages? file* where everything else goes (the standard error)
---@field inputs? string[] files that are opened as t, t2, …
---@field env? table the globals of what is typed; by default a table of its own in front of the program's globals
---@field history? string|false the file of earlier lines; false: none (a terminal's are kept by default)
---@field banner? boolean say what this is, and what the inputs are called (on a terminal)
---@field settings? table<string, any> what `.set` sets: rows, width, timing, counts, color
---@field report_rejects? fun() called after each line: says which rows of the inputs could not be read

local option_types = { input = "file", output = "file", messages = "file", inputs = "table", env = "table",
  history = "string or false", banner = "boolean", settings = "table", report_rejects = "function" }

local function check_options(options)
  errors.check_keys("option of repl", options, option_types)
  for name, value in pairs(options) do
    local wanted = option_types[name]
    local ok = wanted == "file" and io.type(value) == "file" or type(value) == wanted
      or wanted == "string or false" and (type(value) == "string" or value == false)
    if not ok then errors.raise("argument", "repl: %s is %s, not a %s", name, tostring(value), wanted) end
  end
  return options
end

-- The globals of a session in another program: names that are set stay in the session.
local function own_environment(output)
  local env = { lunette = require "lunette" }
  env._ENV, env._G = nil, env
  function env.print(...)
    local parts = table.pack(...)
    for i = 1, parts.n do parts[i] = tostring(parts[i]) end
    output:write(table.concat(parts, "\t"), "\n")
  end
  return setmetatable(env, { __index = _G })
end

-- What completion looks at when a line is being typed.
local function world_of(session)
  local previous, value = session.previous, nil
  if previous then
    local name = require("lunette.repl.compile").assigned_name(previous.text)
    value = previous.kind == "expression" and session.env._ or name and session.env[name]
  end
  return { env = session.env, before = session.pending, previous = value }
end

local function completer(session)
  return function(line, cursor)
    return require("lunette.repl.complete").action(line, cursor, world_of(session), session:layout().width)
  end
end

-- A function that reads a line from a terminal: "line", text; "end"; "interrupted".
local function terminal_reader(session, options)
  local editor = core.open_editor(options.input, options.output)
  local history = require "lunette.repl.history"
  local path = options.history
  if path == nil then path = history.default_path() end
  if editor and path then
    for _, line in ipairs(history.load(path)) do editor:remember(line) end
  end
  local complete = completer(session)
  return function(prompt)
    options.output:flush()
    if not editor then
      options.output:write(prompt)
      options.output:flush()
      local line, why = core.read_line(options.input)
      return line and "line" or why == "interrupted" and why or "end", line
    end
    local outcome, line = editor:read(prompt, complete)
    if outcome == "line" and line:match "%S" then
      if not line:match "^%s" then editor:remember(line) end
      if path and not history.add(path, line) and line:match "^%S" then
        session:say("this line isn't kept: %s can't be written", path)
        path = nil
      end
    end
    return outcome, line
  end
end

local function plain_reader(input)
  return function()
    local line = input:read "l"
    return line and "line" or "end", line
  end
end

-- Reads and runs lines until there are no more. Raises only when Ctrl-C comes between two lines.
local function loop(session, read)
  while not session.is_done do
    local outcome, line = read(session.pending and ">> " or "> ")
    core.arm_interrupt() -- a Ctrl-C that found nothing to stop is over
    core.resume()
    if outcome == "end" then
      session:finish()
      session.is_done = true
    elseif outcome == "interrupted" then
      session:drop_pending()
    else
      session:feed(line)
    end
  end
end

local function greet(session, inputs)
  session:write(("Lunette %s. Type Lua; .help explains, Tab completes, Ctrl-D ends.\n"):format(core.version))
  for _, input in ipairs(session.inputs) do
    session:write(("%s is %s, %d columns\n"):format(input.name, require("lunette.width").safe(input.path),
      #session.env[input.name]:schema()))
  end
  if #inputs == 0 then session:write "no input: .load FILE opens one, .load sample the bundled feed\n" end
end

-- What a session's analyses say things with.
local function host_of(session)
  return {
    log = function(text) session:say("%s", text) end,
    progress = function(what, done, total)
      if session.err == io.stderr and core.is_terminal(2) then require("lunette.progress").show(what, done, total) end
    end,
  }
end

-- The session itself, once everything is in place.
local function converse(session, options, is_terminal)
  for _, path in ipairs(options.inputs) do session:open(path) end
  if is_terminal and options.banner ~= false then greet(session, options.inputs) end
  local read = is_terminal and terminal_reader(session, options) or plain_reader(options.input)
  repeat
    local ok, failure = cli.xpcall(loop, cli.caught, session, read)
    if not ok and not cli.interrupted(failure) then error(failure, 0) end
  until session.is_done
  if is_terminal then session:write "\n" end
end

--- Runs a session until its input ends or `.quit` is typed: on a terminal with a prompt, editing, history and completion,
--- else line by line. Ctrl-C stops what runs, not the program, while it lasts. Gives how many lines failed.
---@param options? lunette.repl.Options
---@return integer failures
function repl.repl(options)
  options = check_options(options or {})
  options = setmetatable({ input = options.input or io.stdin, output = options.output or io.stdout,
    messages = options.messages or io.stderr, inputs = options.inputs or {} }, { __index = options })
  local module = require "lunette.repl.session"
  local session = module.new { env = options.env or own_environment(options.output), out = options.output,
    err = options.messages, settings = options.settings }
  session.host = host_of(session)
  session.report_rejects = options.report_rejects
  local is_terminal = module.is_terminal(options.input) and module.is_terminal(options.output)
  local taken = core.arm_interrupt(2)
  local ok, failure = pcall(converse, session, options, is_terminal)
  if taken == 0 then core.release_interrupt() elseif taken then core.arm_interrupt(taken) end
  options.output:flush()
  if not ok then error(failure, 0) end
  return session.failures
end

return repl
