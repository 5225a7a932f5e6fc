-- The plugin host: finds plugin files, loads them into their sandbox, checks their manifests. A plugin is found in: a
-- path given by hand, the folders of LUNETTE_PLUGINS, the user's configuration, the bundled ones. The current
-- directory is never searched by itself.
local core = require "lunette.core"
local errors = require "lunette.errors"
local lunette = require "lunette"

local plugin = {}

local folders = { analysis = "analyses", source = "sources", enrich = "enrich" }
local kind_names = { analysis = "analysis", source = "source", enrich = "enrichment" }

---@class lunette.Found
---@field name string the file's name without .lua
---@field path string
---@field kind? string what the folder says; nil for a file that lies in none of the kinds' folders

--- The folders that are searched, first to last.
---@return string[]
function plugin.roots()
  local roots = {}
  for root in (os.getenv "LUNETTE_PLUGINS" or ""):gmatch "[^:]+" do roots[#roots + 1] = root end
  roots[#roots + 1] = require("lunette.folders").config() .. "/plugins"
  roots[#roots + 1] = lunette.home .. "plugins"
  return roots
end

local loaded = {} -- by path: plugin, or error

--- A copy of a table in plain tables: metamethods of the plugin's would run outside its grant. Tables that hold
--- themselves end at the eighth level.
---@param value any
---@param depth? integer
---@return any
function plugin.plain(value, depth)
  depth = depth or 1
  if type(value) ~= "table" then return value end
  if depth > 8 then return nil end
  local out = {}
  for key, item in next, value do out[key] = plugin.plain(item, depth + 1) end
  return out
end

--- Whether a plugin's file is one of the bundled ones.
---@param path string
---@return boolean
function plugin.is_bundled(path)
  local folder = lunette.home .. "plugins/"
  return path:sub(1, #folder) == folder and not path:find("/../", #folder, true)
end

-- Runs the file: its table, or nil and why not. The bundled ones, and what the user trusts, run in this process, in a
-- sandbox of their own; all others in a process of their own.
local function evaluate(path)
  if not plugin.is_bundled(path) and not require("lunette.grants").trusts "plugin" then
    local outside = require "lunette.outside"
    local value, problems, file = outside.evaluate(path)
    if problems then return nil, problems end
    problems = require("lunette.manifest").problems(value)
    if #problems == 0 then value.outside = outside.of(value, file) end
    return value, problems
  end
  local chunk, message = loadfile(path, "t", require("lunette.sandbox").environment(path))
  if not chunk then return nil, { message } end
  local access = require "lunette.access"
  local ok, value = pcall(access.with, { plugin = path, read = {}, write = {} }, chunk)
  if not ok then return nil, { "the file can't be run: " .. errors.text(value) } end
  value = plugin.plain(value)
  return value, require("lunette.manifest").problems(value)
end

-- The base name must be the plugin's, so that it is found without reading every file; and the kind the folder's.
local function placement_problems(value, path, expected_kind)
  local out, base = {}, path:match "([^/]+)%.lua$"
  if expected_kind and value.name ~= base then
    out[#out + 1] = ("the file must be called %s.lua, as the plugin is"):format(value.name)
  end
  if expected_kind and value.kind ~= expected_kind then
    out[#out + 1] = ("a plugin of kind '%s' belongs into the folder %s/"):format(value.kind, folders[value.kind])
  end
  return out
end

--- Loads a plugin's file: the plugin; or nil and everything that is wrong with it.
---@param path string
---@param expected_kind? string what the folder it lies in says
---@return lunette.Plugin?, string[]? problems
function plugin.load(path, expected_kind)
  if loaded[path] then return loaded[path] end
  local value, problems = evaluate(path)
  if #problems == 0 then problems = placement_problems(value, path, expected_kind) end
  if #problems > 0 then return nil, problems end
  value.params = value.params or {}
  value.path = path
  loaded[path] = value
  return value
end

local function file_error(path, problems)
  local more = #problems > 1 and (" (and %d more: lunette check %s)"):format(#problems - 1, path) or ""
  local first = problems[1]
  if first:sub(1, #path + 1) == path .. ":" then first = first:sub(#path + 2) end -- Lua's own messages name it
  errors.raise_at(path, "format", "%s", first .. more)
end

--- The same; raises an error that names the file, the field and the fix.
---@param path string
---@param expected_kind? string
---@return lunette.Plugin
function plugin.load_or_raise(path, expected_kind)
  local found, problems = plugin.load(path, expected_kind)
  return found or file_error(path, problems)
end

local function add_folder(list, seen, folder, kind)
  local names = core.list_folder(folder)
  if not names then return end
  table.sort(names)
  for _, file in ipairs(names) do
    local name = file:match "^(.+)%.lua$"
    if name and not seen[(kind or "") .. "/" .. name] then
      seen[(kind or "") .. "/" .. name] = true
      list[#list + 1] = { name = name, path = folder .. "/" .. file, kind = kind }
    end
  end
end

--- Every plugin file there is, one per kind and name: what an earlier folder holds hides the later ones. Files that
--- lie in a root itself, in none of the kinds' folders, come without a kind.
---@param kind? string only this kind
---@return lunette.Found[]
function plugin.discover(kind)
  local list, seen = {}, {}
  for _, root in ipairs(plugin.roots()) do
    if core.stat(root) == "folder" then
      add_folder(list, seen, root, nil)
      for _, each in ipairs(errors.keys(folders)) do
        if not kind or kind == each then add_folder(list, seen, root .. "/" .. folders[each], each) end
      end
    elseif root:match "%.lua$" and core.stat(root) == "file" then
      list[#list + 1] = { name = root:match "([^/]+)%.lua$", path = root }
    end
  end
  return list
end

-- The file of the plugin called `name` without listing folders.
local function locate(kind, name)
  for _, root in ipairs(plugin.roots()) do
    local path = ("%s/%s/%s.lua"):format(root, folders[kind], name)
    if core.stat(path) == "file" then return path, kind end
    path = ("%s/%s.lua"):format(root, name)
    if core.stat(path) == "file" then return path, nil end
    if root:match "([^/]+)%.lua$" == name .. ".lua" and core.stat(root) == "file" then return root, nil end
  end
end

--- The names of all plugins of a kind, for messages and completion.
---@param kind string
---@return string[]
function plugin.names(kind)
  local names = {}
  for _, found in ipairs(plugin.discover(kind)) do names[#names + 1] = found.name end
  table.sort(names)
  return names
end

--- The plugin of that kind that a name or a path (with a / or ending in .lua) stands for. Raises when there is none.
---@param kind "analysis"|"source"|"enrich"
---@param name string
---@return lunette.Plugin
function plugin.find(kind, name)
  local path, expected = name, nil
  if not name:find("/", 1, true) and not name:match "%.lua$" then path, expected = locate(kind, name) end
  if not path then
    local names = plugin.names(kind)
    errors.raise("argument", "no %s '%s'%s; there are %s", kind_names[kind], name, errors.meant(name, names),
      #names > 0 and table.concat(names, ", ") or "none")
  end
  if core.stat(path) ~= "file" then errors.raise("argument", "no plugin file '%s'", path) end
  local found = plugin.load_or_raise(path, expected)
  if found.kind ~= kind then
    errors.raise_at(path, "argument", "this is a plugin of kind '%s', not '%s'", found.kind, kind)
  end
  return found
end

--- Every sound plugin of a kind, in the order of their names. Broken files are passed over (`list` shows them).
---@param kind string
---@return lunette.Plugin[]
function plugin.all(kind)
  local list = {}
  for _, found in ipairs(plugin.discover(kind)) do
    local one = plugin.load(found.path, found.kind)
    if one and one.kind == kind then list[#list + 1] = one end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

return plugin
