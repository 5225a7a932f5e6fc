-- What stands before a dot or colon, without running any of the user's code: names are looked up, and verbs that only
-- build a plan are applied to queries. Whatever can't be known so is skipped.
local lexer = require "lunette.repl.lexer"
local query = require "lunette.query"

local receiver = {}

-- Verbs that look at no data; their arguments must be constants, or names of queries.
local lazy = {}
for name in ([[filter derive select drop rename distinct count sort head tail slice top join semi_join anti_join asof_join
cidr_join range_join concat group_by agg fill_null window sample explode unpivot]]):gmatch "[%w_]+" do lazy[name] = true end

local constants = { ["true"] = true, ["false"] = true, ["nil"] = true }
local allowed = { ["("] = true, [")"] = true, ["{"] = true, ["}"] = true, [","] = true, ["="] = true, ["-"] = true, ["["] = true,
  ["]"] = true }

--- A global of the session, without asking any function for it.
---@param env table
---@param name string
---@return any
function receiver.lookup(env, name)
  local value = rawget(env, name)
  if value ~= nil then return value end
  local meta = debug.getmetatable(env)
  local behind = meta and rawget(meta, "__index")
  if type(behind) == "table" then return rawget(behind, name) end
end

-- Whether the tokens of a call's arguments are constants, names of queries and table constructors; the queries by name.
local function check_arguments(tokens, first, last, env)
  local queries = {}
  for i = first, last do
    local token, after = tokens[i], tokens[i + 1]
    if token.kind == "op" and not allowed[token.text] then return nil end
    if token.kind == "name" and not constants[token.text] and not (after and after.text == "=") then
      local value = receiver.lookup(env, token.text)
      if not query.is_query(value) or after and (after.text == "(" or after.kind == "string") then return nil end
      queries[token.text] = value
    end
  end
  return queries
end

-- Applies the verb whose arguments are the tokens from `first` to `last`; nil where that isn't safe, or fails.
local function apply(text, tokens, first, last, env, value, verb)
  local queries = lazy[verb] and check_arguments(tokens, first, last, env)
  if not queries then return nil end
  local source = text:sub(tokens[first].first, tokens[last].last)
  if tokens[first].text == "(" then source = source:sub(2, -2) end
  local chunk = load("return " .. source, "=completion", "t", queries)
  if not chunk then return nil end
  local ok, result = pcall(function() return value[verb](value, chunk()) end)
  return ok and result or nil
end

-- The last token of the arguments that start at `first`.
local function end_of_arguments(tokens, first, last)
  local token = tokens[first]
  if not token then return nil end
  if token.kind == "string" then return first end
  for i = first, last do
    if lexer.opener(tokens, i) == first then return i end
  end
end

--- The value of the expression that the tokens from `first` to `last` are, as far as it can be known: a query with the
--- columns that it will have, or what a name stands for. nil: not known.
---@param text string
---@param tokens lunette.repl.Token[]
---@param first integer
---@param last integer
---@param env table
---@return any
function receiver.value(text, tokens, first, last, env)
  if tokens[first].kind ~= "name" then return nil end
  local value, i = receiver.lookup(env, tokens[first].text), first + 1
  while i < last and value ~= nil do
    local separator, name = tokens[i].text, tokens[i + 1].text
    if separator == "." and type(value) == "table" then
      value, i = rawget(value, name), i + 2
    elseif separator == ":" then
      local behind = end_of_arguments(tokens, i + 2, last)
      if not behind then return nil end
      local result = apply(text, tokens, i + 2, behind, env, value, name)
      if result == nil and not query.is_query(value) then return nil end
      value, i = result or value, behind + 1 -- a verb that can't be applied: its input's columns are the best guess
    else
      return nil
    end
  end
  return value
end

local function is_grouping(value)
  local meta = debug.getmetatable(value)
  return meta ~= nil and rawget(meta, "__name") == "lunette.grouping"
end

--- The query whose columns expressions see that are given to `value`; nil for what is none.
---@param value any
---@return lunette.Query?
function receiver.query_of(value)
  if query.is_query(value) then return value end
  if type(value) == "table" and is_grouping(value) then return rawget(value, "query") end
end

-- The names of what a table has, its metatable's __index included where that is a table.
local function add_keys(names, value, methods_only)
  for key, item in next, value do
    if type(key) == "string" and key:sub(1, 1) ~= "_" and (not methods_only or type(item) == "function") then
      names[#names + 1] = key
    end
  end
end

--- The names that may follow a value and a dot or colon.
---@param value any
---@param separator "."|":"
---@return string[]
function receiver.fields(value, separator)
  local names = {}
  if query.is_query(value) then
    add_keys(names, query.Query, true)
    return names
  end
  if type(value) == "table" and is_grouping(value) then return { "agg" } end
  local meta = debug.getmetatable(value)
  if type(value) == "table" then add_keys(names, value, separator == ":") end
  local listed = meta and rawget(meta, "__names")
  if type(listed) == "function" and meta == debug.getmetatable(require "lunette") then
    for _, name in ipairs(listed()) do names[#names + 1] = name end
  end
  local behind = meta and rawget(meta, "__index")
  if type(behind) == "table" then add_keys(names, behind, separator == ":") end
  return names
end

return receiver
