-- Drives the executable through a pseudo-terminal: tests/support/pty.c does what a script says.
local support = dofile "tests/spec/support/process.lua"

local pty = {}

-- Beside the executable; for one that is installed, in the build tree.
local driver = support.exe:gsub("[^/]*$", "") .. "tests/c/pty"
local file = io.open(driver, "rb")
if file then file:close() else driver = "build/tests/c/pty" end

--- The folder of a session's state; gone with support.clean.
---@type string?
pty.state = nil

--- Runs the executable with words as its arguments and a script of what is typed and expected. Nil when all came true,
--- else what didn't, with all that came.
---@param script string
---@param words? string[]
---@param env? table<string, string>
---@return string?
function pty.run(script, words, env)
  pty.state = pty.state or support.folder {}
  local parts = { "env TERM=xterm-256color LC_ALL=C.UTF-8 XDG_STATE_HOME='" .. pty.state .. "'" }
  for name, value in pairs(env or {}) do parts[#parts + 1] = ("%s='%s'"):format(name, value) end
  parts[#parts + 1] = ("'%s' '%s' '%s'"):format(driver, support.file(script), support.exe)
  for _, word in ipairs(words or {}) do parts[#parts + 1] = "'" .. word .. "'" end
  local pipe = assert(io.popen(table.concat(parts, " ") .. " 2>&1 < /dev/null"))
  local text = pipe:read "a"
  local _, _, status = pipe:close()
  if status == 77 then return pending "there is no terminal here" end
  if status ~= 0 then return ("status %s: %s"):format(status, text) end
end

--- Removes what was made.
function pty.clean()
  pty.state = nil
  support.clean()
end

return pty
