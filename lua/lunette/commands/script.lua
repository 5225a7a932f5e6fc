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

-- Runs `fn(…)` with what a script expects: the global `lunette`, progress, and a word on rejected rows behind it.
-- Whatever isn't needed by a one-liner is loaded when something is opened.
local function run(fn, ...)
  cli.session.phase = "work"
  _G.lunette = require "lunette"
  local rejects
  require("lunette.access").on_open = function(input, path)
    rejects = rejects or require "lunette.rejects"
    rejects.remember(input, path)
  end
  if core.is_terminal(2) then require("lunette.progress").start() end
  fn(...)
  if rejects then rejects.report_remembered() end
  return 0
end

--- Runs a piece of code on inputs.
---@param code string
---@param inputs string[]
---@return integer status
function script.code(code, inputs)
  local chunk, message = load(code, "=(command line)", "t")
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

--- Runs the script that is word `at` of the command line; the words behind it are its arguments.
---@param words string[]
---@param at integer
---@return integer status
function script.file(words, at)
  local arg = {}
  for i = 0, #words do arg[i - at] = words[i] end
  _G.arg = arg
  local chunk, message = loadfile(words[at])
  if not chunk then errors.raise("syntax", "%s", message) end
  return run(chunk, table.unpack(arg))
end

return script
