-- lunette [INPUT…]: the prompt on a terminal. Without one the standard input is a script, as for `lua`; or, where inputs
-- are named or the text is none, the lines of a session.
local core = require "lunette.core"

local repl = {}

-- Whether every statement of the text stands in lines of its own and compiles, dot commands aside.
local function is_session(text)
  local compile, pending = require "lunette.repl.compile", nil
  for line in (text:gsub("\n*$", "\n")):gmatch "(.-)\n" do
    local is_plain = not pending and (line:match "^%s*%.%a" or compile.goes_on(line))
    if not is_plain then
      local compiled = compile.text(pending and pending .. "\n" .. line or line, _G)
      if not compiled.chunk and not compiled.is_unfinished then return false end
      pending = compiled.is_unfinished and compiled.source or nil
    end
  end
  return not pending
end

local function as_stream(text)
  local file = assert(io.tmpfile())
  file:write(text)
  file:seek "set"
  return file
end

local function start(inputs, input)
  local script = require "lunette.commands.script"
  local report_rejects = script.prepare()
  local failures = require("lunette.repl").repl { env = _G, inputs = inputs, input = input,
    report_rejects = report_rejects }
  return core.is_terminal(0) and 0 or failures > 0 and 1 or 0
end

-- Where lines come from when the standard input is data.
local function terminal_or_fail()
  local terminal = io.open("/dev/tty", "r")
  if terminal then return terminal end
  require("lunette.args").usage "- takes the standard input as data, and there is no terminal to ask; run code with -e CODE -"
end

---@param inputs string[]
---@return integer status
function repl.run(inputs)
  for _, path in ipairs(inputs) do
    if path == "-" then return start(inputs, terminal_or_fail()) end
  end
  if core.is_terminal(0) or #inputs > 0 then return start(inputs) end
  local text = io.stdin:read "a"
  if load(text, "=stdin", "t") or not is_session(text) then
    return require("lunette.commands.script").code(text, {}, "=stdin")
  end
  return start({}, as_stream(text))
end

return repl
