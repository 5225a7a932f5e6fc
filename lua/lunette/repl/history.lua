-- The lines of earlier sessions: a file that only its owner may read, a line each, the newest last. Every line is added
-- when it is typed, so that sessions side by side keep each other's and a crash loses nothing.
local core = require "lunette.core"

local history = {}

local most_lines, kept_lines = 10000, 5000

--- Where lines are kept: $XDG_STATE_HOME/lunette/history, or below ~/.local/state.
---@return string
function history.default_path() return require("lunette.folders").state() .. "/history" end

local function make_folders(path)
  local folder = path:match "^(.*)/"
  if not folder or folder == "" or core.stat(folder) then return end
  make_folders(folder)
  core.make_folder(folder, true)
end

-- The file with its newest lines only.
local function trim(path, lines)
  local short = path .. ".new"
  os.remove(short)
  local text = table.concat(lines, "\n", #lines - kept_lines + 1) .. "\n"
  if core.append_private(short, text) then os.rename(short, path) end
  return table.move(lines, #lines - kept_lines + 1, #lines, 1, {})
end

--- The lines of a file, oldest first; none where there is no such file.
---@param path string
---@return string[]
function history.load(path)
  local file, lines = io.open(path, "r"), {}
  if not file then return lines end
  for line in file:lines() do lines[#lines + 1] = line end
  file:close()
  if #lines > most_lines then return trim(path, lines) end
  return lines
end

--- Adds a line. One that starts with a space is left out, as shells do; so is an empty one.
---@param path string
---@param line string
---@return boolean kept
function history.add(path, line)
  if line == "" or line:find "^%s" or line:find "[\n\r]" then return false end
  make_folders(path)
  return core.append_private(path, line .. "\n") == true
end

return history
