-- What `.set` sets: each setting has a type, a default and a sentence.
local errors = require "lunette.errors"

local settings = {}

---@class lunette.repl.Setting
---@field name string
---@field default any
---@field doc string
---@field read fun(text: string): any, string?

local switches = { on = true, off = false, yes = true, no = false, ["true"] = true, ["false"] = false }

local function switch(text)
  if switches[text] == nil then return nil, "is on or off" end
  return switches[text]
end

local function whole(least)
  return function(text)
    local n = text:match "^%d+$" and math.tointeger(tonumber(text))
    if n and n >= least then return n end
    return nil, ("is a whole number, %d or more"):format(least)
  end
end

local function width(text)
  if text == "auto" then return false end
  local value, problem = whole(20)(text)
  return value, problem and problem .. ", or auto"
end

---@type lunette.repl.Setting[]
settings.list = {
  { name = "rows", default = 20, read = whole(1), doc = "rows of a table that are shown" },
  { name = "width", default = false, read = width, doc = "columns of the screen that a table may take (auto: all)" },
  { name = "timing", default = false, read = switch, doc = "say how long each line took (on, off)" },
  { name = "counts", default = false, read = switch, doc = "say how many rows and columns a result has (on, off)" },
  { name = "color", default = true, read = switch, doc = "colours, where the screen has them (on, off)" },
}

--- The settings of a new session.
---@param given? table<string, any>
---@return table<string, any>
function settings.new(given)
  local values = {}
  for _, each in ipairs(settings.list) do values[each.name] = each.default end
  for name, value in pairs(given or {}) do values[name] = value end
  return values
end

--- The setting called `name`. Raises for an unknown one, with the nearest.
---@param name string
---@return lunette.repl.Setting
function settings.find(name)
  local names = {}
  for i, each in ipairs(settings.list) do
    if each.name == name then return each end
    names[i] = each.name
  end
  errors.raise("name", "no setting '%s'%s; there are %s", name, errors.meant(name, names), table.concat(names, ", "))
end

--- A value as people write it.
---@param name string
---@param value any
---@return string
function settings.text(name, value)
  if type(value) == "boolean" then return name == "width" and "auto" or value and "on" or "off" end
  return tostring(value)
end

--- Sets one from text. Raises where the text doesn't suit it.
---@param values table<string, any>
---@param name string
---@param text string
function settings.set(values, name, text)
  local value, problem = settings.find(name).read(text)
  if value == nil then errors.raise("value", "%s %s, not '%s'", name, problem, text) end
  values[name] = value
end

return settings
