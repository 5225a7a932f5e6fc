-- lunette check FILE…: everything that is wrong with plugins' files.
local core = require "lunette.core"
local args = require "lunette.args"
local plugins = require "lunette.plugin"
local width = require "lunette.width"

local check = {
  usage = "check FILE.lua…",
  doc = "Checks plugins' files: that they run, and that their manifests are complete and sound. Ends with 1 if not.",
}

---@param _ table
---@param words string[]
---@return integer
function check.run(_, words)
  if #words == 0 then args.usage "check needs a plugin's file" end
  local status = 0
  for _, path in ipairs(words) do
    if core.stat(path) ~= "file" then args.usage("no file '%s'", path) end
    local plugin, problems = plugins.load(path)
    if plugin then
      io.stdout:write(width.safe(("%s: %s %s is sound"):format(path, plugin.name, plugin.version)), "\n")
    else
      status = 1
      for _, problem in ipairs(problems) do
        if problem:sub(1, #path) ~= path then problem = path .. ": " .. problem end
        io.stdout:write(width.safe(problem), "\n")
      end
    end
  end
  return status
end

return check
