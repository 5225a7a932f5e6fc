-- The world that a plugin's code sees: the safe part of Lua, and the `lunette` API. No io, os, package, debug, load,
-- no way to another plugin's tables or to the library's own.
local lunette = require "lunette"

local sandbox = {}

local plain = { "assert", "error", "ipairs", "next", "pairs", "pcall", "rawequal", "rawget", "rawlen", "rawset", "select",
  "setmetatable", "tonumber", "tostring", "type", "xpcall", "_VERSION" }
local libraries = { "table", "math", "utf8", "coroutine", "string" }
local left_out = { ["string.dump"] = true }

-- What of `lunette` a plugin gets. Readers and writers ask access.lua what was granted.
local api = { "version", "null", "time", "now", "ip", "functions", "read", "csv", "json", "table", "concat", "is_query" }

-- Of os, what neither touches files nor the environment.
local clock = { clock = os.clock, time = os.time, date = os.date, difftime = os.difftime }

local function copy_library(name)
  local out = {}
  for key, value in pairs(_G[name]) do
    if not left_out[name .. "." .. key] then out[key] = value end
  end
  return out
end

-- The API as a table of the plugin's own: what it puts in or takes out stays with it.
local function api_table()
  local names = {}
  for _, name in ipairs(api) do names[name] = true end
  return setmetatable({}, { __index = function(_, name) return names[name] and lunette[name] or nil end })
end

--- A fresh environment for the plugin whose file is `path`.
---@param path string
---@return table
function sandbox.environment(path)
  local env = {}
  for _, name in ipairs(plain) do env[name] = _G[name] end
  for _, name in ipairs(libraries) do env[name] = copy_library(name) end
  env.os = clock
  env._G = env
  env.lunette = api_table()
  --- Strings share one metatable with the rest of the process, so it stays out of reach.
  env.getmetatable = function(value)
    if type(value) == "table" then return getmetatable(value) end
    return nil
  end
  --- What a plugin prints is for people: it goes to the standard error, with its control bytes made visible.
  env.print = function(...)
    local parts = table.pack(...)
    for i = 1, parts.n do parts[i] = tostring(parts[i]) end
    io.stderr:write(require("lunette.width").safe(table.concat(parts, "\t")), "\n")
  end
  env.require = function(name)
    if name == "lunette" then return env.lunette end
    error(("%s: a plugin can require \"lunette\" only, not %q"):format(path, tostring(name)), 2)
  end
  return env
end

return sandbox
