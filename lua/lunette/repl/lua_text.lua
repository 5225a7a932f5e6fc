-- Values as Lua source, for the files that `.save` writes.
local lexer = require "lunette.repl.lexer"

local lua_text = {}

--- A text in quotes, on one line.
---@param text string
---@return string
function lua_text.quoted(text) return (("%q"):format(text):gsub("\\\n", "\\n")) end

--- A text in long brackets that it doesn't close.
---@param text string
---@return string
function lua_text.long_quoted(text)
  local equals = ""
  while text:find("]" .. equals .. "]", 1, true) do equals = equals .. "=" end
  return ("[%s[\n%s]%s]"):format(equals, text, equals)
end

--- A name as a table's key.
---@param name string
---@return string
function lua_text.key(name)
  local is_plain = name:match "^[%a_][%w_]*$" and not lexer.keywords[name]
  return is_plain and name or ("[%s]"):format(lua_text.quoted(name))
end

--- A string, number or boolean.
---@param value string|number|boolean
---@return string
function lua_text.value(value)
  if type(value) == "string" then return lua_text.quoted(value) end
  return math.type(value) == "float" and ("%.17g"):format(value) or tostring(value)
end

--- A table's entries, which are source already, between braces.
---@param entries string[]
---@return string
function lua_text.braces(entries) return #entries > 0 and "{ " .. table.concat(entries, ", ") .. " }" or "{}" end

return lua_text
