-- What running code may touch. User scripts may do everything; while a plugin's function runs, only what was granted
-- to it. The host (plugin.lua) sets the grant around each call into a plugin; readers and writers ask here.
local core = require "lunette.core"
local errors = require "lunette.errors"

local access = {}

---@class lunette.Grant
---@field plugin string who it is for, in messages
---@field read table<string, boolean> paths that may be read
---@field write table<string, boolean> paths that may be written

---@type lunette.Grant?
local current

--- Calls `fn(…)` under `grant` and returns what it returns; errors pass through, as
--- error objects or text: a foreign object's metamethods would run without the grant.
---@param grant lunette.Grant
---@param fn function
function access.with(grant, fn, ...)
  local before = current
  current = grant
  local results = table.pack(pcall(fn, ...))
  local failure = not results[1] and (core.is_error(results[2]) and results[2] or tostring(results[2]))
  current = before
  if failure then error(failure, 0) end
  return table.unpack(results, 2, results.n)
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

--- Raises unless the code that runs may "read" or "write" `path`.
---@param action "read"|"write"
---@param path string
function access.check(action, path)
  if not current or current[action][path] then return end
  errors.raise("argument", "the plugin '%s' may not %s '%s': it was given neither that file nor the permission",
    current.plugin, action, path)
end

return access
