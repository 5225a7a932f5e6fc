-- What running code may touch. User scripts may do everything; while a plugin's function runs, only what was granted
-- to it. The host (plugin.lua) sets the grant around each call into a plugin; readers, writers and whatever reaches the
-- network or a secret ask here.
local core = require "lunette.core"
local errors = require "lunette.errors"

local access = {}

--- Names that may be used, as the keys of sets. A path that ends in / stands for all that lies below it, a host *.example.com for
--- all of the domain's.
---@class lunette.Grant
---@field plugin string who it is for, in messages
---@field what? string what that is, if no plugin
---@field read? table<string, boolean> paths that may be read
---@field write? table<string, boolean> paths that may be written
---@field net? table<string, boolean> hosts that may be asked
---@field secrets? table<string, boolean> names of secrets that may be used

---@type lunette.Grant?
local current

-- Calls fn(…) with `grant` in force (nil: everything is allowed). Errors pass through, as error objects or text: a
-- foreign object's metamethods would run without the grant.
local function under(grant, fn, ...)
  local before = current
  current = grant
  local results = table.pack(pcall(fn, ...))
  local failure = not results[1] and (core.is_error(results[2]) and results[2] or tostring(results[2]))
  current = before
  if failure then error(failure, 0) end
  return table.unpack(results, 2, results.n)
end

--- Calls `fn(…)` under `grant` and returns what it returns.
---@param grant lunette.Grant
---@param fn function
function access.with(grant, fn, ...) return under(grant, fn, ...) end

--- Calls `fn(…)` with what the grant in force allows and what `more` does.
---@param more lunette.Grant
---@param fn function
function access.with_more(more, fn, ...)
  local sum = { plugin = more.plugin, what = more.what }
  for _, kind in ipairs { "read", "write", "net", "secrets" } do
    sum[kind] = {}
    for _, grant in ipairs { current or {}, more } do
      for name in pairs(grant[kind] or {}) do sum[kind][name] = true end
    end
  end
  return under(sum, fn, ...)
end

--- Calls `fn(…)` as the host itself: for library code that does on a plugin's behalf what was checked before.
---@param fn function
function access.as_host(fn, ...) return under(nil, fn, ...) end

--- `fn` as what it is now: whenever it is called, it runs with the permissions that the code has which runs now.
---@param fn function
---@return function
function access.bound(fn)
  local grant = current
  return function(...) return under(grant, fn, ...) end
end

--- Told of each input that is opened from outside of a plugin: fn(query, path). The command line sets it, to speak of
--- rejected rows in the end.
---@type fun(input: lunette.Query, path: string)?
access.on_open = nil

--- Passes an opened input on to on_open, unless a plugin opened it: then whoever called the plugin does that.
---@param input lunette.Query
---@param path string
---@return lunette.Query
function access.opened(input, path)
  if access.on_open and not current then access.on_open(input, path) end
  return input
end

--- Told of what inputs have to be told about together: fn(text). The command line sets it.
---@type fun(text: string)?
access.on_note = nil

--- Passes a sentence about inputs on to on_note.
---@param text string
function access.noted(text)
  if access.on_note and not current then access.on_note(text) end
end

--- A path without what stands for nothing ("./", "//"), with the home folder for "~/".
---@param path string
---@return string
function access.plain_path(path)
  return (require("lunette.folders").expand(path):gsub("//+", "/"):gsub("/%./", "/"):gsub("^%./", ""))
end

--- Where a path leads once links are followed, also for what isn't there yet; nil where that can't be said.
---@param path string
---@return string?
function access.real_path(path)
  local rest = ""
  path = path:gsub("(.)/+$", "%1")
  while true do
    local found = core.real_path(path == "" and "." or path)
    if found then return (found .. rest):gsub("^//", "/") end
    local folder, name = path:match "^(.-/?)([^/]+)$"
    if not name or name == "." or name == ".." then return nil end
    path, rest = folder:gsub("(.)/+$", "%1"), "/" .. name .. rest
  end
end

--- Whether a path lies in a folder: neither ".." nor a link leads out.
---@param path string
---@param folder string
---@return boolean
function access.is_below(path, folder)
  local real, real_folder = access.real_path(path), access.real_path(folder)
  if not real or not real_folder then return false end
  return real_folder == "/" or (real .. "/"):sub(1, #real_folder + 1) == real_folder .. "/"
end

local function path_covered(set, path)
  if set[path] then return true end
  path = access.plain_path(path)
  if set[path] then return true end
  for name in pairs(set) do
    if name:sub(-1) == "/" and access.is_below(path, name) then return true end
  end
  return false
end

local function host_covered(set, host)
  host = host:lower():gsub("%.$", "")
  if set[host] then return true end
  for at in host:gmatch "()%." do
    if set["*" .. host:sub(at)] then return true end
  end
  return false
end

--- Whether the code that runs may "read" or "write" the path `name`, ask the host of that name ("net"), or use the
--- secret ("secrets").
---@param kind "read"|"write"|"net"|"secrets"
---@param name string
---@return boolean
function access.may(kind, name)
  if not current then return true end
  local set = current[kind]
  if not set then return false end
  if kind == "net" then return host_covered(set, name) end
  if kind == "secrets" then return set[name] == true end
  return path_covered(set, name)
end

local verbs = { read = "read", write = "write", net = "ask the host", secrets = "use the secret" }

--- Raises unless the code that runs may.
---@param kind "read"|"write"|"net"|"secrets"
---@param name string
function access.check(kind, name)
  if access.may(kind, name) then return end
  errors.raise("argument", "the %s '%s' may not %s '%s': it was given neither that nor the permission (%s--allow %s=%s "
    .. "gives it)", current.what or "plugin", current.plugin, verbs[kind], name,
    current.what and "" or "its manifest asks for it in permissions, and ", kind, name)
end

--- The names that the code that runs may use; nil: all there are.
---@param kind "read"|"write"|"net"|"secrets"
---@return string[]?
function access.names(kind)
  return current and errors.keys(current[kind] or {}) or nil
end

--- The path under which the file `path` is opened for reading, by code that may: itself. A confined worker puts a
--- descriptor's here, which its parent opened.
---@param path string
---@return string
function access.file(path)
  access.check("read", path)
  return path
end

return access
