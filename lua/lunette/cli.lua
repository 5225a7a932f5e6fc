-- The command line: finds out what is asked for, runs it, says what went wrong. Data goes to the standard output,
-- everything else to the standard error. Status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
local core = require "lunette.core"

local cli = {}

local commands = {
  run = "runs an analysis on a feed or log",
  report = "writes one HTML page with every analysis that fits a feed",
  convert = "writes a file in another format",
  list = "lists the plugins there are",
  info = "says what a plugin does, needs and takes",
  fetch = "gets a feed's export and keeps it",
  new = "writes a plugin to start from",
  check = "checks a plugin's file",
  test = "runs plugins' examples and tests",
  doctor = "says how this installation stands",
}

--- The commands there are, and what each does.
---@type table<string, string>
cli.commands = commands

---@type lunette.Option[]
cli.options = {
  { name = "--threads", arg = "N", doc = "threads to use (default: all of the machine's)",
    read = function(text) return require("lunette.args").threads(text) end },
  { name = "--memory", arg = "SIZE", doc = "memory that data may take, such as 2G (default: 80 % of the machine's)",
    read = function(text) return require("lunette.args").size(text) end },
  { name = "--allow", arg = "LIST", many = true,
    doc = "what plugins and scripts from outside may have: net=HOST,read=PATH,write=PATH,secrets=NAME; all they ask for; none",
    read = function(text) return require("lunette.grants").read_allow(text) end },
  { name = "--trust", doc = "run plugins and scripts from outside as your own, with all your rights" },
  { name = "--plugin-time", arg = "SECONDS", doc = "how long code from outside may run (default: 60)",
    read = function(text) return require("lunette.args").seconds(text) end },
  { name = "--plugin-memory", arg = "SIZE", doc = "memory that code from outside may take (default: 1G)",
    read = function(text) return require("lunette.args").size(text) end },
  { name = "--verbose", doc = "say what is done, and where errors come from" },
  { name = "--quiet", doc = "say nothing but errors" },
  { name = "--help", short = "-h", doc = "this text" },
}

local top_options = {
  { name = "--execute", short = "-e", arg = "CODE", doc = "run Lua code; the inputs are t, t2, …" },
  { name = "--version", short = "-V", doc = "the version" },
}
for _, option in ipairs(cli.options) do top_options[#top_options + 1] = option end

local usage = [[
usage: lunette run PLUGIN [INPUT…] [name=value…]   run an analysis (lunette run --help)
       lunette report [INPUT…] [-o report.html]    every analysis that fits, in one HTML page
       lunette fetch SOURCE                        get a feed's export and keep it (lunette fetch --status)
       lunette convert INPUT… OUTPUT               a file in another format
       lunette list | info NAME | doctor
       lunette new NAME | check FILE | test FILE
       lunette -e CODE [INPUT…]                    run Lua code; the inputs are t, t2, …
       lunette SCRIPT.lua [ARGS…]                  run a Lua script
       lunette [INPUT…]                            ask questions, a line at a time

INPUT is a file (plain, .gz, .xz, .zst, .bz2, .lz4 or .zip), - for the standard input, a kept feed's name, or sample.

]]

--- Text as the locale's encoding can show it: outside of UTF-8 in ASCII.
---@param text string what `width.cell` or `width.safe` gave
---@return string
function cli.in_locale(text)
  if not text:find "[\128-\255]" or require("lunette.terminal.paint").is_unicode(os.getenv) then return text end
  return require("lunette.width").ascii(text)
end

--- Writes a message to the standard error, with the program's name and control bytes made visible.
---@param format string
function cli.say(format, ...)
  local text = select("#", ...) > 0 and format:format(...) or format
  local secrets = package.loaded["lunette.secrets"]
  if secrets then text = secrets.redact(text) end
  local width = require "lunette.width"
  io.stderr:write(width.message(cli.in_locale("lunette: " .. width.safe(text)), core.terminal_width(2)), "\n")
end

--- What holds for the whole process.
---@class lunette.Session
---@field verbose boolean
---@field quiet boolean
---@field phase "usage"|"work" a wrong argument is the caller's mistake until work begins
---@field words? string[] the command line
local session = { verbose = false, quiet = false, phase = "usage" }
cli.session = session

--- Applies the options that every command has.
---@param options table<string, any>
function cli.apply(options)
  session.verbose = session.verbose or options.verbose or false
  session.quiet = session.quiet or options.quiet or false
  if options.allow or options.trust then require("lunette.grants").choose(options.allow, options.trust) end
  if options["plugin-time"] or options["plugin-memory"] or options.threads then
    local limits = require("lunette.box").limits
    limits.seconds = options["plugin-time"] or limits.seconds
    limits.memory = options["plugin-memory"] or limits.memory
    limits.threads = options.threads
  end
  if options.threads or options.memory then core.configure { threads = options.threads, memory = options.memory } end
end

--- The forms of a command line, as the help shows them.
cli.usage = usage

-- Forms of a command line, a line each, in the terminal's width: what one does stands behind three spaces or more, and
-- goes on below where it began; a form alone goes on further to the right.
local function fit_forms(text)
  local columns = core.terminal_width(1)
  if not columns then return text end
  local width = require "lunette.width"
  return (text:gsub("[^\n]+", function(line)
    local head, what = line:match "^(.*%S   +)(%S.*)$"
    if not head then return width.wrap(line, columns, line:match "^usage" and (" "):rep(10) or "") end
    local at = width.of(head)
    if columns - at < 25 then head, at = head:gsub("%s*$", "\n" .. (" "):rep(10)), 10 end -- too narrow: below it
    return head .. width.wrap(what, columns - at, ""):gsub("\n", "\n" .. (" "):rep(at))
  end))
end

local function help()
  local args = require "lunette.args"
  local entries = {}
  for name, doc in pairs(commands) do entries[#entries + 1] = { name, doc } end
  table.sort(entries, function(a, b) return a[1] < b[1] end)
  io.stdout:write(cli.in_locale(table.concat { fit_forms(usage), "commands:\n", args.describe(entries), "\noptions:\n",
    args.help(top_options) }))
end

local function is_script(path)
  if core.stat(path) ~= "file" then return false end
  if path:match "%.lua$" then return true end
  local file = io.open(path, "rb")
  local first = file and file:read "l" or ""
  if file then file:close() end
  return first:match "^#!.*lua" ~= nil or first:match "^#!.*lunette" ~= nil
end

local function run_command(name, words, first)
  local args = require "lunette.args"
  local command = require("lunette.commands." .. name)
  local options = table.move(command.options or {}, 1, #(command.options or {}), 1, {
    unknown = command.unknown_option or "",
  })
  table.move(cli.options, 1, #cli.options, #options + 1, options)
  local values, rest = args.parse(options, words, first)
  if values.help then
    local more = command.more_help and command.more_help(rest) or ""
    io.stdout:write(cli.in_locale(table.concat { fit_forms("usage: lunette " .. command.usage), "\n\n", args.reflow(command.doc),
      "\n", require("lunette.width").safe(more), "\noptions:\n", args.help(options) }))
    return 0
  end
  cli.apply(values)
  return command.run(values, rest) or 0
end

-- What a word that is neither an option nor a command stands for.
local function run_word(word, words, at)
  if is_script(word) then return require("lunette.commands.script").file(words, at) end
  local is_input = word == "-" or require("lunette.read").bundled(word) ~= nil or core.stat(word) ~= nil
    or require("lunette.feed_input").is_name(word)
  if not is_input then
    local errors = require "lunette.errors"
    for _, name in ipairs(require("lunette.plugin").names "analysis") do
      if name == word then require("lunette.args").usage("'%s' is an analysis: lunette run %s", word, word) end
    end
    local known = errors.keys(commands)
    known[#known + 1] = "sample"
    require("lunette.args").usage("no command or file '%s'%s", word, errors.meant(word, known))
  end
  return require("lunette.commands.repl").run(table.move(words, at, #words, 1, {}))
end

-- `lunette help` and what may stand behind it that is no command: a plugin, whose help is what `info` says.
local function help_on(word)
  if not word or word:sub(1, 1) == "-" then help() return 0 end
  local names = {}
  for _, kind in ipairs { "analysis", "source", "enrich" } do
    table.move(require("lunette.plugin").names(kind), 1, 1000, #names + 1, names)
  end
  for _, name in ipairs(names) do
    if name == word then return run_command("info", { word }, 1) end
  end
  local known = require("lunette.errors").keys(commands)
  table.move(names, 1, #names, #known + 1, known)
  require("lunette.args").usage("no command or plugin '%s'%s", word, require("lunette.errors").meant(word, known))
end

local function dispatch(words)
  local first = words[1]
  if first == "help" and commands[words[2] or ""] then return run_command(words[2], { "--help" }, 1) end
  if first == "help" and not core.stat "help" then return help_on(words[2]) end
  if first and commands[first] then return run_command(first, words, 2) end
  if first == "complete" and not core.stat "complete" then
    return require("lunette.commands.complete").run(table.move(words, 2, #words, 1, {}))
  end
  if not first or first:sub(1, 1) ~= "-" or first == "-" then
    if first then return run_word(first, words, 1) end
    return require("lunette.commands.repl").run {}
  end
  if first == "-e" and words[2] and not words[3] then return require("lunette.commands.script").code(words[2], {}) end
  local values, _, at = require("lunette.args").parse(top_options, words, 1, true)
  cli.apply(values)
  if values.help then help() return 0 end
  if values.version then print("lunette " .. core.version) return 0 end
  if values.execute then
    return require("lunette.commands.script").code(values.execute, table.move(words, at, #words, 1, {}))
  end
  local word = words[at]
  if not word then return require("lunette.commands.repl").run {} end
  if commands[word] then return run_command(word, words, at + 1) end
  return run_word(word, words, at)
end

--- Whether an error is Ctrl-C's.
---@param e any
---@return boolean
function cli.interrupted(e)
  if core.is_error(e) then return e.code == "cancelled" end
  return type(e) == "string" and e:match "interrupted$" ~= nil
end

-- Lua's own: once Ctrl-C is armed, the global one keeps message handlers from running after it, and ours must.
local xpcall = xpcall
cli.xpcall = xpcall

--- A message handler. No code caught the error, so an interruption has done its work: Ctrl-C is armed anew.
---@param e any
---@return any
function cli.caught(e)
  if cli.interrupted(e) then core.arm_interrupt() end
  return e
end

-- The message handler: keeps where an error came from: the user's own part of it for plain Lua errors, all of it for
-- --verbose.
local function with_traceback(e)
  cli.caught(e)
  if session.verbose then
    session.traceback = debug.traceback(nil, 2)
  elseif not core.is_error(e) then
    session.traceback = require("lunette.errors").traceback()
  end
  return e
end

--- Says what an error says; the exit status that it means.
---@param e any
---@return integer
function cli.fail(e)
  if cli.interrupted(e) then
    cli.say "interrupted"
    return 130
  end
  cli.say("%s", require("lunette.errors").text(e))
  if session.traceback then io.stderr:write(require("lunette.width").safe(session.traceback), "\n") end
  session.traceback = nil
  if not core.is_error(e) then return 1 end
  local is_usage = e.code == "usage" or session.phase == "usage" and e.code == "argument"
  if is_usage and session.hint then io.stderr:write("try: ", session.hint, "\n") end
  return is_usage and 2 or 1
end

--- Runs a command line. `words[0]` is the program; the result is the exit status.
---@param words string[]
---@return integer status
function cli.main(words)
  session.words = words
  core.arm_interrupt()
  session.hint = commands[words[1] or ""] and "lunette " .. words[1] .. " --help" or "lunette --help"
  local ok, status = xpcall(dispatch, with_traceback, words)
  if session.progress_shown then require("lunette.progress").clear() end
  if not ok then return cli.fail(status) end
  return status or 0
end

return cli
