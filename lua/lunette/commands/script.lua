-- lunette SCRIPT.lua [ARGS…] and lunette -e CODE [INPUT…]: as `lua` does it, with `lunette` loaded.
local core = require "lunette.core"
local cli = require "lunette.cli"
local errors = require "lunette.errors"

local script = {}

-- Reads the inputs as globals t, t2, ….
local function set_inputs(inputs)
  for i, path in ipairs(inputs) do
    _G[i == 1 and "t" or "t" .. i] = require("lunette").read(path)
  end
end
script.set_inputs = set_inputs

-- Lua's print on a terminal: feed text that goes through it shows its control bytes as escapes. Tables of queries come
-- with their own styles, already fit to be shown; io.write writes bytes as they are.
local function print_safely(...)
  local width, parts = require "lunette.width", table.pack(...)
  for i = 1, parts.n do
    local text = tostring(parts[i])
    parts[i] = getmetatable(parts[i]) == "lunette.query" and text or width.safe(text)
  end
  io.stdout:write(table.concat(parts, "\t"), "\n")
end

--- Prepares what code by hand expects: the global `lunette`, and progress. Returns a function that says which rows of
--- the inputs opened since were rejected. Whatever a one-liner doesn't need is loaded when something is opened.
---@return fun()
function script.prepare()
  cli.session.phase = "work"
  _G.lunette = require "lunette"
  local rejects
  require("lunette.access").on_open = function(input, path)
    rejects = rejects or require "lunette.rejects"
    rejects.remember(input, path)
  end
  require("lunette.access").on_note = function(text) require("lunette.rejects").note(text) end
  if core.is_terminal(2) then require("lunette.progress").start() end
  if core.is_terminal(1) then _G.print = print_safely end
  return function()
    if rejects then rejects.report_remembered() end
  end
end

local function run(fn, ...)
  local report_rejects = script.prepare()
  fn(...)
  report_rejects()
  return 0
end

--- Runs a piece of code on inputs.
---@param code string
---@param inputs string[]
---@param name? string what messages call it
---@return integer status
function script.code(code, inputs, name)
  local chunk, message = load(code, name or "=(command line)", "t")
  if not chunk then
    cli.say("%s", message)
    return 1
  end
  _G.arg = { [0] = "-e", table.unpack(inputs) }
  return run(function()
    set_inputs(inputs)
    chunk(table.unpack(inputs))
  end)
end

-- A script from outside, in a box. What it lacks there it would have if it were trusted.
local function run_confined(file, words, grant)
  local ok, e = pcall(require("lunette.outside").script, file, words, grant)
  if ok then return end
  cli.say("%s ran confined: without files, programs and networks of its own; lunette --trust %s runs it with all your "
    .. "rights, --allow read=PATH lets it read a file", file.path, file.path)
  error(e, 0)
end

--- Runs the script that is word `at` of the command line; the words behind it are its arguments.
---@param words string[]
---@param at integer
---@return integer status
function script.file(words, at)
  local arg = {}
  for i = 0, #words do arg[i - at] = words[i] end
  _G.arg = arg
  local file, message = require("lunette.outside").file(words[at])
  if not file then errors.raise("io", "%s", message) end
  file.text = file.text:gsub("^#[^\n]*", "") -- the line for the shell
  local grant = require("lunette.grants").of_script(file)
  if grant then return run(run_confined, file, arg, grant) end
  local chunk, problem = load(file.text, "@" .. file.path, "t")
  if not chunk then errors.raise("syntax", "%s", problem) end
  return run(chunk, table.unpack(arg))
end

return script
