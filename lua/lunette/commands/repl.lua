-- lunette [INPUT…]: one line at a time. An expression is printed, a statement run; a line that isn't finished goes on.
-- Without a terminal the standard input is a script, as for `lua`.
local core = require "lunette.core"
local cli = require "lunette.cli"
local errors = require "lunette.errors"
local width = require "lunette.width"

local repl = {}

-- A chunk of the text: as an expression, else as statements. nil, message; the message ends in <eof> if more is needed.
local function compile(text)
  local chunk = load("return " .. text, "=stdin", "t")
  if chunk then return chunk end
  return load(text, "=stdin", "t")
end

local function print_results(results)
  if results.n > 1 then print(table.unpack(results, 2, results.n)) end
end

-- Runs one chunk; says what went wrong and goes on.
local function run_chunk(chunk)
  local results = table.pack(xpcall(chunk, cli.caught))
  if results[1] then results = table.pack(xpcall(print_results, cli.caught, results)) end
  require("lunette.progress").clear()
  if not results[1] then
    core.resume()
    io.stderr:write(width.safe(errors.text(results[2])), "\n")
  end
end

-- A line, with editing where that is installed; nil at the input's end.
local function read_line(prompt)
  io.stdout:flush()
  local line = cli.session.host.edit_line(prompt)
  if line ~= false then return line end
  io.stdout:write(prompt)
  io.stdout:flush()
  return io.stdin:read "l"
end

local function loop(report_rejects)
  local pending
  while true do
    local line = read_line(pending and ">> " or "> ")
    if not line then break end
    local text = pending and pending .. "\n" .. line or line
    local chunk, message = compile((text:gsub("^=", "return ")))
    if not chunk and message:match "<eof>$" then
      pending = text
    else
      pending = nil
      if chunk then run_chunk(chunk) else io.stderr:write(width.safe(message), "\n") end
      report_rejects()
      require("lunette.progress").start()
    end
  end
  io.stdout:write "\n"
end

---@param inputs string[]
---@return integer status
function repl.run(inputs)
  local script = require "lunette.commands.script"
  if not core.is_terminal(0) then
    if #inputs > 0 then
      require("lunette.args").usage "asking questions needs a terminal; run code with lunette -e CODE INPUT"
    end
    return script.code(io.stdin:read "a", {})
  end
  local report_rejects = script.prepare()
  script.set_inputs(inputs)
  io.stdout:write(("lunette %s; end with Ctrl-D\n"):format(core.version))
  for i, path in ipairs(inputs) do
    io.stdout:write(("%s is %s\n"):format(i == 1 and "t" or "t" .. i, width.safe(path)))
  end
  report_rejects()
  loop(report_rejects)
  return 0
end

return repl
