-- lunette SCRIPT.lua [ARGS…] and lunette -e CODE [INPUT…]: as `lua` does it, with `lunette` loaded.
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

local function finish(opened_before)
  if #opened_before > 0 and not cli.session.quiet then require("lunette.rejects").report_opened() end
  return 0
end

-- What was opened so far; empty without loading the reader where nothing was read.
local function opened()
  local read = package.loaded["lunette.read"]
  return read and read.opened or {}
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
  cli.session.phase = "work"
  _G.lunette = require "lunette"
  _G.arg = { [0] = "-e", table.unpack(inputs) }
  if #inputs > 0 then
    require("lunette.progress").start()
    set_inputs(inputs)
  end
  chunk(table.unpack(inputs))
  return finish(opened())
end

--- Runs the script that is word `at` of the command line; the words behind it are its arguments.
---@param words string[]
---@param at integer
---@return integer status
function script.file(words, at)
  cli.session.phase = "work"
  _G.lunette = require "lunette"
  local arg = {}
  for i = 0, #words do arg[i - at] = words[i] end
  _G.arg = arg
  local chunk, message = loadfile(words[at])
  if not chunk then errors.raise("syntax", "%s", message) end
  require("lunette.progress").start()
  chunk(table.unpack(arg))
  return finish(opened())
end

return script
