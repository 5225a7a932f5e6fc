-- Errors: how the Lua side raises them, and how it names what was probably meant.
local core = require "lunette.core"

local errors = {}

-- Errors name the line of the caller: frames in this folder are passed over.
core.set_library(debug.getinfo(1, "S").source:match "^@(.*/)errors%.lua$" or "")

---@class lunette.Error
---@field code string one of the engine's names: "argument", "syntax", "name", "type", "value", "io", "format", …
---@field message string what happened and what to try, one line
---@field where? string file, line, column or plugin
---@field source? string the expression that the mistake is in
---@field at? integer first character of the mistake in `source`, from 1
---@field length? integer characters of the mistake
---@field text string everything, as people read it (what tostring gives)

--- Raises an error object. `format` is string.format's.
---@param code string
---@param format string
function errors.raise(code, format, ...)
  error(core.error(code, select("#", ...) > 0 and format:format(...) or format), 0)
end

--- Raises an error object that names the file or plugin it is about.
---@param where string
---@param code string
---@param format string
function errors.raise_at(where, code, format, ...)
  error(core.error(code, select("#", ...) > 0 and format:format(...) or format, where), 0)
end

--- " (did you mean 'x'?)" for the name most like `name`, or "".
---@param name string
---@param names string[]
---@return string
function errors.meant(name, names)
  local nearest = core.nearest(name, names)
  return nearest and (" (did you mean '%s'?)"):format(nearest) or ""
end

--- The keys of a table that are strings, sorted.
---@param t table
---@return string[]
function errors.keys(t)
  local keys = {}
  for key in pairs(t) do
    if type(key) == "string" then keys[#keys + 1] = key end
  end
  table.sort(keys)
  return keys
end

--- Raises unless every key of `options` is one of `known` (a set, or a table by name).
---@param what string what the keys are called: "option of read"
---@param options table
---@param known table<string, any>
function errors.check_keys(what, options, known)
  for _, key in ipairs(errors.keys(options)) do
    if known[key] == nil then
      errors.raise("name", "no %s is called '%s'%s", what, key, errors.meant(key, errors.keys(known)))
    end
  end
end

--- The text of anything that was raised.
---@param e any
---@return string
function errors.text(e)
  return core.is_error(e) and e.text or tostring(e)
end

return errors
