-- Completion by what can stand at the cursor: a function of the text, the cursor and the world that the text is about.
-- It needs no terminal, and it runs nothing of the user's.
local lexer = require "lunette.repl.lexer"
local receiver = require "lunette.repl.receiver"
local offers = require "lunette.repl.offers"

local complete = {}

---@class lunette.repl.World what completion looks at
---@field env table the session's globals
---@field before? string the lines that this one goes on with
---@field previous? any the value that a line starting with ":" goes on with

---@class lunette.repl.Completion
---@field first integer the byte of the line where what is being completed starts
---@field candidates string[] sorted; each would stand from `first` to the cursor

-- ---- where an expression string stands ----

-- The calls around the token behind `last`, inner to outer: { name, separator, callee, argument, key }. `callee` is the index of the
-- name's token, `argument` counts from 1.
local function calls_around(tokens, last)
  local calls, i, argument, key = {}, last, 1, nil
  local before = tokens[last]
  if before and before.text == "=" and tokens[last - 1] then key = tokens[last - 1].text end
  local function add(callee)
    local token, separator = tokens[callee], tokens[callee - 1]
    if not token or token.kind ~= "name" or lexer.keywords[token.text] then return end
    separator = separator and separator.kind == "op" and (separator.text == ":" or separator.text == ".") and separator.text
    calls[#calls + 1] = { name = token.text, separator = separator, callee = callee, argument = argument, key = key }
  end
  add(last) -- name "…": a call without parentheses
  while i >= 1 do
    local token = tokens[i]
    if token.kind == "op" and (token.text == ")" or token.text == "}" or token.text == "]") then
      i = lexer.opener(tokens, i)
      if not i then break end
    elseif token.kind == "op" and (token.text == "(" or token.text == "{") then
      add(i - 1)
      argument = 1
    elseif token.text == "," then
      argument = argument + 1
    end
    i = i - 1
  end
  return calls
end

-- What the callee's receiver is.
local function receiver_of(text, tokens, call, env)
  local first = lexer.chain_start(tokens, call.callee - 2)
  return first and receiver.value(text, tokens, first, call.callee - 2, env)
end

-- The part of an expression string before the cursor that is being completed, what it follows (":", "'", "`" or ""), and
-- the name before a colon, where that is all that is called upon.
local function place_in_expression(content)
  local quote
  for at = 1, #content do
    local c = content:sub(at, at)
    if quote then
      if c == quote then quote = nil end
    elseif c:find "['\"`]" then
      quote = c
    end
  end
  if quote == "`" then return content:match "[^`]*$", "`" end
  if quote then return nil, "'" end
  local word = content:match "[%a_][%w_]*$" or ""
  local before = content:sub(1, #content - #word)
  if before:find "[%d%.%$]$" then return nil, "'" end
  if not before:match ":%s*$" then return word, "" end
  return word, ":", before:match "`([^`]+)`%s*:%s*$" or (" " .. before):match "[^%w_%.:'\"]%s*([%a_][%w_]*)%s*:%s*$"
end

-- The query that a join's first argument names.
local function other_side(tokens, call, env)
  local token = tokens[call.callee + 1]
  if token and token.text == "(" then token = tokens[call.callee + 2] end
  return token and token.kind == "name" and receiver.query_of(receiver.lookup(env, token.text))
end

local function complete_string(text, tokens, open, world)
  local content = text:sub(open.content)
  for _, call in ipairs(calls_around(tokens, #tokens)) do
    local whole = offers.of_call(call, tokens)
    if whole then return open.content, whole(content, world) end
    local kind = call.separator == ":" and offers.expression_verbs[call.name]
    if kind then
      local input = receiver.query_of(receiver_of(text, tokens, call, world.env))
      local word, behind, subject = place_in_expression(content)
      if word and call.name:find "join$" and content:find "=%s*[%w_]*$" then
        input = other_side(tokens, call, world.env)
      end
      if not word or not input then return nil end
      return #text - #word + 1, offers.expression(input, kind, behind, call.key, subject)
    end
  end
end

-- ---- code ----

-- Completes `name.par` and `chain:par`; and names of globals and keywords.
local function complete_code(text, tokens, world)
  local token = tokens[#tokens]
  local is_word = token and token.kind == "name" and token.last == #text
  local word = is_word and token.text or ""
  local at = is_word and #tokens - 1 or #tokens
  local separator = tokens[at]
  local first = #text - #word + 1
  if separator and separator.kind == "op" and (separator.text == "." or separator.text == ":") then
    local start = lexer.chain_start(tokens, at - 1)
    local value = start and receiver.value(text, tokens, start, at - 1, world.env)
    local is_text = start and start == at - 3 and tokens[start + 1].kind == "string" -- ("…"):
    if value == nil and not is_text then return nil end
    return first, receiver.fields(is_text and "" or value, separator.text)
  end
  if not is_word then
    local before = separator and separator.text
    if not before or before:find "^[%w_%)%]}]" or separator.kind == "string" then return nil end
  end
  for _, call in ipairs(calls_around(tokens, at)) do
    local keys = offers.keys_of_call(call, tokens)
    local previous = separator and separator.text
    if keys and (previous == "{" or previous == ",") then return first, keys end
  end
  return first, offers.globals(world.env)
end

-- ---- all ----

local function matching(names, prefix)
  local seen, out = {}, {}
  for _, name in ipairs(names) do
    if name:sub(1, #prefix) == prefix and not seen[name] then
      seen[name] = true
      out[#out + 1] = name
    end
  end
  table.sort(out)
  return out
end

--- What can stand at the cursor. `cursor` counts the bytes before it.
---@param line string
---@param cursor integer
---@param world lunette.repl.World
---@return lunette.repl.Completion
function complete.at(line, cursor, world)
  local head = line:sub(1, cursor)
  local env, before = world.env, world.before and world.before .. "\n" or ""
  if before == "" and head:match "^%s*%.%a*$" or before == "" and head:match "^%s*%.%a" then
    local first, names, expression_at = require("lunette.repl.complete_command").at(head, world)
    if not expression_at then
      return { first = first or cursor + 1, candidates = first and matching(names, head:sub(first)) or {} }
    end
    before, head = "", (" "):rep(expression_at - 1) .. head:sub(expression_at)
  elseif before == "" and head:match "^%s*:" and world.previous ~= nil then
    before = "_"
    env = setmetatable({ _ = world.previous }, { __index = env })
  end
  local text = before .. head
  local tokens, open = lexer.scan(text)
  local first, names
  local inner = { env = env, previous = world.previous }
  if open and open.kind == "string" then
    first, names = complete_string(text, tokens, open, inner)
  elseif not open then
    first, names = complete_code(text, tokens, inner)
  end
  if not first or not names or first <= #before then return { first = cursor + 1, candidates = {} } end
  return { first = first - #before, candidates = matching(names, text:sub(first)) }
end

local closing = { ["/"] = true, ["="] = true, ["("] = true }

-- The longest text that all candidates begin with.
local function common_start(candidates)
  local common = candidates[1]
  for i = 2, #candidates do
    while candidates[i]:sub(1, #common) ~= common do common = common:sub(1, -2) end
  end
  while #common > 0 and not utf8.len(common) do common = common:sub(1, -2) end
  return common
end

-- Candidates in columns, as wide as the screen.
local function in_columns(candidates, columns)
  local width = require "lunette.width"
  local widest, lines, shown = 0, {}, {}
  for i, candidate in ipairs(candidates) do
    shown[i] = width.cell(candidate:match "([^/]+/?)$" or candidate)
    widest = math.max(widest, width.of(shown[i]))
  end
  local per_line = math.max(columns // (widest + 2), 1)
  for i = 1, #shown, per_line do
    local parts = {}
    for j = i, math.min(i + per_line - 1, #shown) do parts[#parts + 1] = width.pad(shown[j], widest + 2) end
    lines[#lines + 1] = table.concat(parts):gsub("%s+$", "")
  end
  return table.concat(lines, "\n") .. "\n"
end

--- What Tab does: how many characters before the cursor go, what comes in their place, and what is listed below; nil
--- where nothing is known.
---@param line string
---@param cursor integer
---@param world lunette.repl.World
---@param columns integer
---@return integer? n_removed, string? insert, string? list
function complete.action(line, cursor, world, columns)
  local found = complete.at(line, cursor, world)
  local candidates = found.candidates
  if #candidates == 0 then return nil end
  local word = line:sub(found.first, cursor)
  local common = common_start(candidates)
  if #candidates == 1 then
    local is_command = line:match "^%s*%.%a" and not closing[common:sub(-1)]
    if is_command and cursor == #line then common = common .. " " end
    return utf8.len(word) or #word, common, nil
  end
  if #common > #word then return utf8.len(word) or #word, common, nil end
  return 0, nil, in_columns(candidates, columns)
end

return complete
