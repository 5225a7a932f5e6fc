-- Temporary files, which are gone when the scope that they are for is left.
local core = require "lunette.core"

local temporary = {}

---@class lunette.Temporary
---@field path string

local of_file = { __close = function(file) file.handle:close() end }

--- A file of its own, empty: local file <close> = temporary.file(). It has no name in its folder (that of LUNETTE_TMPDIR or
--- TMPDIR, else /tmp), so nothing of it stays, however the process ends; `path` is for this process.
---@return lunette.Temporary
function temporary.file()
  local handle, path = core.temporary_file()
  return setmetatable({ path = path, handle = handle }, of_file)
end

local function remove(file) os.remove(file.path) end

-- Ctrl-C stops Lua code at its next step, also that of `__close`: then the collector removes the file, in whose finalizers
-- nothing is stopped, when the program ends at the latest.
local of_path = { __close = remove, __gc = remove }

--- A file at a path, which needn't be there yet and goes when the scope is left.
---@param path string
---@return lunette.Temporary
function temporary.at(path) return setmetatable({ path = path }, of_path) end

-- Removes a file, a link (not what it leads to), or a folder with all that is in it.
local function remove_all(path)
  if os.remove(path) then return end
  for _, name in ipairs(core.list_folder(path, true) or {}) do remove_all(path .. "/" .. name) end
  os.remove(path)
end

local function clear(folder) remove_all(folder.path) end

local of_folder = { __close = clear, __gc = clear }

--- A folder of its own, and all that is put in it; raises where none can be made.
---@return lunette.Temporary
function temporary.folder() return setmetatable({ path = core.temporary_folder() }, of_folder) end

return temporary
