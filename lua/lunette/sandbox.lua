-- The world that a plugin's code sees: the safe part of Lua, and the `lunette` API. No io, os, package, debug, load,
-- no way to another plugin's tables or to the library's own.
local lunette = require "lunette"

local sandbox = {}

local plain = { "assert", "error", "ipairs", "next", "pairs", "pcall", "rawequal", "rawget", "rawlen", "rawset", "select",
  "tonumber", "tostring", "type", "xpcall", "_VERSION" }
local libraries = { "table", "math", "utf8", "coroutine", "string" }
local left_out = { ["string.dump"] = true }

-- What of `lunette` a plugin gets. Readers and writers ask access.lua what was granted.
local api = { "version", "null", "time", "now", "ip", "functions", "read", "csv", "json", "arrow", "peek", "table", "concat",
  "is_query", "learn", "ip_database", "cohosting" }

local function copy_library(name)
  local out = {}
  for key, value in pairs(_G[name]) do
    if not left_out[name .. "." .. key] then out[key] = value end
  end
  return out
end

-- The API as a table of the plugin's own: what it puts in or takes out stays with it.
local function api_table(more)
  local names = {}
  for _, name in ipairs(api) do names[name] = true end
  for _, name in ipairs(more or {}) do names[name] = true end
  return setmetatable({}, { __index = function(self, name)
    local value = names[name] and lunette[name] or nil
    if type(value) == "table" then -- a module: a copy of its own, too
      local copy = {}
      for key, item in pairs(value) do copy[key] = item end
      rawset(self, name, copy)
      return copy
    end
    return value
  end })
end

local dump = string.dump -- a worker takes it out of `string`, which texts reach as ("").dump
local compiled = {} -- parts of the kit, so that the second plugin that uses one needn't parse it

-- Loads a module of the kit (lunette/kit/: what plugins share) as if the plugin's file contained it: it runs in the
-- plugin's environment, so its tables are the plugin's own.
local function load_kit(env, part)
  if not compiled[part] then
    local here = debug.getinfo(1, "S").source:match "^@(.*)sandbox%.lua$"
    local chunk, message = loadfile(("%skit/%s.lua"):format(here or "", part), "t")
    if not chunk then error(message, 3) end
    compiled[part] = dump(chunk)
  end
  return load(compiled[part], "lunette.kit." .. part, "b", env)("lunette.kit." .. part)
end

-- The plugin's `require`: the API and the kit.
local function requirer(env, path)
  local loaded = { lunette = env.lunette }
  return function(name)
    if loaded[name] then return loaded[name] end
    local part = type(name) == "string" and name:match "^lunette%.kit%.([%l_]+)$"
    if not part then
      error(("%s: a plugin can require \"lunette\" and \"lunette.kit.…\", not %q"):format(path, tostring(name)), 2)
    end
    loaded[name] = load_kit(env, part)
    return loaded[name]
  end
end

--- A fresh environment for the plugin whose file is `path`.
---@param path string
---@param more? string[] what it gets of the API besides
---@return table
function sandbox.environment(path, more)
  local env = {}
  for _, name in ipairs(plain) do env[name] = _G[name] end
  for _, name in ipairs(libraries) do env[name] = copy_library(name) end
  env._G = env
  env.lunette = api_table(more)
  --- Strings share one metatable with the rest of the process, so it stays out of reach.
  env.getmetatable = function(value)
    if type(value) == "table" then return getmetatable(value) end
    return nil
  end
  --- A finalizer would run later, when the plugin's grant is no longer in force.
  env.setmetatable = function(value, meta)
    if type(meta) == "table" and rawget(meta, "__gc") ~= nil then error("a plugin can't set __gc", 2) end
    return setmetatable(value, meta)
  end
  --- What a plugin prints is for people: it goes to the standard error, with its control bytes made visible.
  env.print = function(...)
    local parts = table.pack(...)
    for i = 1, parts.n do parts[i] = tostring(parts[i]) end
    io.stderr:write(require("lunette.width").safe(table.concat(parts, "\t")), "\n")
  end
  env.require = requirer(env, path)
  return env
end

return sandbox
