-- lunette check FILE…: everything that is wrong with plugins' files, a line each: file, line, what, and what to do.
local core = require "lunette.core"
local args = require "lunette.args"
local width = require "lunette.width"

local check = {
  usage = "check FILE.lua…",
  doc = "Checks plugins' files: the manifest field by field, names that plugins don't have, the example and the tests, and "
    .. "columns that are used without being named. Ends with 1 if anything is wrong.",
}

local function put(format, ...) io.stdout:write(width.safe(format:format(...)), "\n") end

-- What ran, in words.
local function ran(outcomes)
  if #outcomes == 0 then return "; it has no example (add one, so that lunette test can run it)" end
  return #outcomes == 1 and "; its example passes" or ("; its example and tests pass (%d)"):format(#outcomes)
end

local function check_file(path)
  local problems, plugin, outcomes = require("lunette.checking").file(path)
  for _, problem in ipairs(problems) do
    local place = problem.line and ("%s:%d"):format(path, problem.line) or path
    put("%s: %s", place, (problem.text:gsub("\n", "\n  ")))
  end
  if #problems == 0 then put("%s: %s %s is sound%s", path, plugin.name, plugin.version, ran(outcomes)) end
  return #problems == 0
end

---@param _ table
---@param words string[]
---@return integer
function check.run(_, words)
  if #words == 0 then args.usage "check needs a plugin's file" end
  for _, path in ipairs(words) do
    if core.stat(path) ~= "file" then args.usage("no file '%s'", path) end
  end
  require("lunette.cli").session.phase = "work"
  local status = 0
  for _, path in ipairs(words) do
    if not check_file(path) then status = 1 end
  end
  return status
end

return check
