-- Temporary files, which are gone when the scope that they are for is left.
local core = require "lunette.core"

local temporary = {}

---@class lunette.Temporary
---@field path string

local function remove(file) os.remove(file.path) end

-- Ctrl-C stops Lua code at its next step, also that of `__close`: then the collector removes the file, in whose finalizers
-- nothing is stopped, when the program ends at the latest.
local of_file = { __close = remove, __gc = remove }

--- A file of its own, empty: local file <close> = temporary.file().
---@return lunette.Temporary
function temporary.file() return temporary.at(os.tmpname()) end

--- The same for a file at a path, which needn't be there yet.
---@param path string
---@return lunette.Temporary
function temporary.at(path) return setmetatable({ path = path }, of_file) end

local function clear(folder)
  for _, file in ipairs(core.list_folder(folder.path, true) or {}) do os.remove(folder.path .. "/" .. file) end
  os.remove(folder.path)
end

local of_folder = { __close = clear, __gc = clear }

--- A folder of its own, and the files in it; raises where none can be made.
---@return lunette.Temporary
function temporary.folder()
  local path = os.tmpname()
  os.remove(path)
  local ok, message = core.make_folder(path)
  if not ok then require("lunette.errors").raise("io", "can't make the folder %s", message) end
  return setmetatable({ path = path }, of_folder)
end

return temporary
