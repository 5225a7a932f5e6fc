-- Checks the arguments of verbs, so that a mistake is named where it was made.
local errors = require "lunette.errors"

local arguments = {}

--- The parameters of an expression: a table, or nothing.
---@param verb string
---@param params any
---@return table?
function arguments.params(verb, params)
  if params == nil or type(params) == "table" then return params end
  errors.raise("argument", "%s takes its parameters as a table { name = value }, not as a %s", verb, type(params))
end

--- Strings and a last table of parameters: items, params. At least one item.
---@param verb string
---@param what string what an item is called
---@return string[], table?
function arguments.items(verb, what, ...)
  local n = select("#", ...)
  local items, params = { ... }, nil
  if n > 1 and type(items[n]) == "table" then
    params, items[n], n = items[n], nil, n - 1
  end
  for i = 1, n do
    if type(items[i]) ~= "string" then
      errors.raise("argument", "%s: %s %d is a %s, not a string", verb, what, i, type(items[i]))
    end
  end
  if n == 0 then errors.raise("argument", "%s needs at least one %s", verb, what) end
  return items, params
end

--- Strings only, at least one.
---@param verb string
---@return string[]
function arguments.names(verb, ...)
  local items, params = arguments.items(verb, "column", ...)
  if params then errors.raise("argument", "%s takes column names, no table", verb) end
  return items
end

--- A whole number of rows, 0 or more.
---@param verb string
---@param n any
---@param default? integer
---@return integer
function arguments.count(verb, n, default)
  if n == nil then n = default end
  local whole = math.type(n) and math.tointeger(n)
  if not whole or whole < 0 then
    errors.raise("argument", "%s takes a number of rows, 0 or more, not %s", verb, tostring(n))
  end
  return whole
end

--- An options table whose keys and types are in `known`; never nil.
---@param verb string
---@param options any
---@param known table<string, string>
---@return table
function arguments.options(verb, options, known)
  if options == nil then return {} end
  if type(options) ~= "table" then
    errors.raise("argument", "%s takes its options as a table, not as a %s", verb, type(options))
  end
  if options[1] ~= nil and known[1] == nil then
    errors.raise("argument", "%s takes its options by name, as in { %s = … }", verb, errors.keys(known)[1])
  end
  errors.check_keys("option of " .. verb, options, known)
  for key, value in pairs(options) do
    local expected = known[key]
    if expected ~= "any" and type(value) ~= expected then
      errors.raise("argument", "%s: the option '%s' is a %s, not a %s", verb, key, type(value), expected)
    end
  end
  return options
end

--- One of some words, or nil.
---@param verb string
---@param name string the option's name
---@param value? string
---@param known table<string, any> by word
function arguments.word(verb, name, value, known)
  if value == nil or known[value] ~= nil then return end
  local words = errors.keys(known)
  errors.raise("argument", "%s: '%s' is one of %s, not '%s'%s", verb, name, table.concat(words, ", "), value,
    errors.meant(value, words))
end

local function split_pair(verb, text, order)
  local a, b = text:match "^%s*(.-)%s*=%s*(.-)%s*$"
  if not a then return text, text end
  if a == "" or b == "" or b:find("=", 1, true) then
    errors.raise("argument", "%s: '%s' is not of the form '%s'", verb, text, order)
  end
  return a:match "^`(.*)`$" or a, b:match "^`(.*)`$" or b
end

--- "key", { "a", "b" } or { "left = right" }: the names on the left, those on the right.
---@param verb string
---@param keys string|string[]
---@return string[], string[]
function arguments.join_keys(verb, keys)
  if type(keys) == "string" then keys = { keys } end
  if type(keys) ~= "table" or #keys == 0 then
    errors.raise("argument", "%s needs its keys: \"key\", { \"a\", \"b\" } or { \"left = right\" }", verb)
  end
  local left, right = {}, {}
  for i, key in ipairs(keys) do
    if type(key) ~= "string" then errors.raise("argument", "%s: key %d is a %s, not a string", verb, i, type(key)) end
    left[i], right[i] = split_pair(verb, key, "left = right")
  end
  return left, right
end

--- "new = old", … or { old = "new" }: the old names, the new ones.
---@return string[], string[]
function arguments.renames(...)
  local from, to = {}, {}
  local function add(old, new)
    from[#from + 1], to[#to + 1] = old, new
  end
  local first = ...
  if type(first) == "table" then
    if select("#", ...) > 1 then errors.raise("argument", "rename takes one table { old = \"new\" }, or strings") end
    for _, old in ipairs(errors.keys(first)) do
      if type(first[old]) ~= "string" then
        errors.raise("argument", "rename: the new name of '%s' is a %s, not a string", old, type(first[old]))
      end
      add(old, first[old])
    end
  else
    for _, item in ipairs(arguments.names("rename", ...)) do
      local new, old = split_pair("rename", item, "new = old")
      if new == old then errors.raise("argument", "rename: '%s' is not of the form 'new = old'", item) end
      add(old, new)
    end
  end
  return from, to
end

--- Both tables' entries; the second one's win.
---@param a? table
---@param b? table
---@return table?
function arguments.merge_params(a, b)
  if not a or not b then return a or b end
  local out = {}
  for key, value in pairs(a) do out[key] = value end
  for key, value in pairs(b) do out[key] = value end
  return out
end

return arguments
