-- Errors: how the Lua side raises them, and how it names what was probably meant.
local core = require "lunette.core"

local errors = {}

-- Errors name the line of the caller: frames in this folder and in the bundled plugins are passed over.
local home = debug.getinfo(1, "S").source:match "^@(.*)lua/lunette/errors%.lua$"
local library = home and { home .. "lua/lunette/", home .. "plugins/" } or {}
core.set_library(library)

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
      local names = errors.keys(known)
      local meant = errors.meant(key, names)
      if meant == "" and #names > 0 then meant = "; there are " .. table.concat(names, ", ") end
      errors.raise("name", "no %s is called '%s'%s", what, key, meant)
    end
  end
end

--- An __index for things whose fields are all known: raises for any other name, with the nearest. Names that start
--- with _ are asked for by programs, not by people: they are nil.
---@param what string "lunette", "a query"
---@param known table<string, any>
---@param hint? string what to say where no name is near
---@return fun(self: table, name: any): nil
function errors.no_field(what, known, hint)
  return function(_, name)
    if type(name) ~= "string" or name:sub(1, 1) == "_" then return nil end
    local meant = errors.meant(name, errors.keys(known))
    errors.raise("name", "%s has no '%s'%s", what, name, meant ~= "" and meant or hint or "")
  end
end

local most_lines = 20

--- Where the running code is, without the library's own frames; nil where nothing else is left.
---@return string?
function errors.traceback()
  local lines, level = { "stack traceback:" }, 2
  for frame in function() level = level + 1 return debug.getinfo(level, "Sln") end do
    local is_own = frame.what == "C"
    for _, folder in ipairs(library) do is_own = is_own or frame.source:sub(2, #folder + 1) == folder end
    if not is_own and #lines > most_lines then
      lines[#lines + 1] = "\t…"
      break
    elseif not is_own then
      lines[#lines + 1] = ("\t%s:%d: in %s"):format(frame.short_src, frame.currentline,
        frame.what == "main" and "main chunk" or frame.name and ("'%s'"):format(frame.name) or "a function")
    end
  end
  return lines[2] and table.concat(lines, "\n")
end

--- The text of anything that was raised.
---@param e any
---@return string
function errors.text(e)
  if core.is_error(e) then return e.text end
  local text = tostring(e)
  return text:match "^table: 0x" and "an error was raised that is a table, without a text" or text
end

return errors
