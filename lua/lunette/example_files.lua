-- The files of a plugin's examples: what is bundled, what lies beside the plugin's own file, and texts that stand in it. An
-- example is written by whoever wrote the plugin, and is run when a user only looks at it: where the plugin is from
-- outside, it reaches no other files.
local access = require "lunette.access"
local core = require "lunette.core"
local errors = require "lunette.errors"

local example_files = {}

-- Whether the user would have an example of this plugin read the file. Hidden ones are nobody's example.
local function may_read(plugin, path, named)
  if not plugin.outside or require("lunette.known").is_own(plugin.path) then return true end
  if require("lunette.grants").gives("read", path) then return true end
  return not ("/" .. named):find("/.", 1, true) and access.is_below(path, plugin.path:match "^(.*/)" or "./")
end

-- A file that an example names: a bundled one, or one beside the plugin's.
local function beside(plugin, named)
  if require("lunette.read").is_sample(named) then return named end
  local path = named:sub(1, 1) == "/" and named or (plugin.path:match "^(.*/)" or "") .. named
  if not may_read(plugin, path, named) then
    errors.raise_at(plugin.path, "argument", "an example may read what lies beside its plugin, and '%s' doesn't; --allow read=%s "
      .. "lets it", named, path)
  end
  return path
end

--- The paths that an example's input stands for.
---@param plugin lunette.Plugin
---@param one lunette.Example
---@return string[]
function example_files.inputs(plugin, one)
  local paths, out = one.input, {}
  if paths == nil then errors.raise("argument", "the example has neither input nor text") end
  if type(paths) == "string" then paths = { paths } end
  for i, path in ipairs(paths) do out[i] = beside(plugin, path) end
  return out
end

-- The files that a parameter names, beside the plugin's; any other value as it is.
local function located(plugin, spec, value)
  local is_files = spec.type == "input" or spec.type == "file"
  if is_files and type(value) == "string" then
    local paths = {}
    for path in value:gmatch "[^,]+" do paths[#paths + 1] = path end
    value = paths
  end
  if type(value) == "string" and core.stat(value) then return beside(plugin, value) end
  if type(value) ~= "table" then return value end
  local out = {}
  for key, item in pairs(value) do out[key] = type(item) == "string" and (is_files or core.stat(item)) and beside(plugin, item) or item end
  return out
end

--- An example's parameters, with the files that they name.
---@param plugin lunette.Plugin
---@param one lunette.Example
---@return table<string, any>
function example_files.params(plugin, one)
  local params = {}
  for name, value in pairs(one.params or {}) do
    local spec = plugin.params[name]
    if spec then params[name] = located(plugin, spec, value) else params[name] = value end
  end
  return params
end

--- A file with an example's text, in a folder of its own; and what removes both.
---@param one lunette.Example
---@return string path, fun() remove
function example_files.write(one)
  local folder = core.temporary_folder()
  local path = folder .. "/" .. (one.file or "example.csv"):gsub(".*/", "")
  core.write_bytes(path, one.text)
  return path, function()
    os.remove(path)
    os.remove(folder)
  end
end

return example_files
