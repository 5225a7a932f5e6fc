-- Lua's tokens, as far as completion and checks need them: works on text that isn't finished, and says what it ends in.
local lexer = {}

---@class lunette.repl.Token
---@field kind "name"|"number"|"string"|"op"
---@field text string for strings: what is between the quotes
---@field first integer
---@field last integer
---@field line integer

---@class lunette.repl.Open what the text ends in
---@field kind "string"|"comment"
---@field first integer where it starts
---@field content integer where its content starts
---@field quote? string ' or " or [[

local operators = { "...", "..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>" }

local function long_bracket(text, at)
  local equals = text:match("^%[(=*)%[", at)
  return equals and "]" .. equals .. "]", equals and at + #equals + 2
end

-- The end of a quoted string's content, or nil when it doesn't end (in its line).
local function end_of_quoted(text, at, quote)
  while true do
    local found = text:find("[\\\n" .. quote .. "]", at)
    if not found then return nil end
    local c = text:sub(found, found)
    if c == quote then return found end
    if c == "\n" then return nil, found end
    at = found + 2
  end
end

local function operator_at(text, at)
  for _, op in ipairs(operators) do
    if text:sub(at, at + #op - 1) == op then return op end
  end
  return text:sub(at, at)
end

-- A string that starts at `at`: its content's borders and its last byte; or what stays open.
local function string_at(text, at)
  local closing, content = long_bracket(text, at)
  if closing then
    local first, last = text:find(closing, content, true)
    if first then return content, first - 1, last end
    return nil, { kind = "string", first = at, content = content, quote = "[[" }
  end
  local quote = text:sub(at, at)
  local last, broken = end_of_quoted(text, at + 1, quote)
  if last then return at + 1, last - 1, last end
  if broken then return at + 1, broken - 1, broken end -- a line's end inside quotes: an error of its own
  return nil, { kind = "string", first = at, content = at + 1, quote = quote }
end

-- Behind a comment that starts at `at`; or what stays open.
local function skip_comment(text, at)
  local closing, content = long_bracket(text, at + 2)
  local last
  if closing then
    last = select(2, text:find(closing, content, true))
  else
    last = text:find("\n", at, true)
  end
  if last then return last + 1 end
  return nil, { kind = "comment", first = at, content = at + 2 }
end

--- The tokens of a text, and what it ends in, if that is a string or a comment.
---@param text string
---@return lunette.repl.Token[], lunette.repl.Open?
function lexer.scan(text)
  local tokens, at, line, counted = {}, 1, 1, 1
  local function add(kind, first, last, content)
    for _ in text:sub(counted, first - 1):gmatch "\n" do line = line + 1 end
    counted = first
    tokens[#tokens + 1] = { kind = kind, text = content or text:sub(first, last), first = first, last = last, line = line }
    at = last + 1
  end
  while true do
    at = text:find("%S", at)
    if not at then return tokens end
    local c = text:sub(at, at)
    if text:sub(at, at + 1) == "--" then
      local behind, open = skip_comment(text, at)
      if not behind then return tokens, open end
      at = behind
    elseif c:find "[\"']" or long_bracket(text, at) then
      local first, last, stop = string_at(text, at)
      if not first then return tokens, last end
      add("string", at, stop, text:sub(first, last))
    elseif c:find "[%a_]" then
      add("name", at, select(2, text:find("^[%w_]*", at)))
    elseif c:find "%d" then
      add("number", at, select(2, text:find("^[%w%.]*", at)))
    else
      add("op", at, at + #operator_at(text, at) - 1)
    end
  end
end

local closers = { [")"] = "(", ["]"] = "[", ["}"] = "{" }

--- The index of the token that opens what the token at `index` closes, or nil.
---@param tokens lunette.repl.Token[]
---@param index integer
---@return integer?
function lexer.opener(tokens, index)
  local depth = 0
  for i = index, 1, -1 do
    local token = tokens[i]
    if token.kind == "op" then
      if closers[token.text] then depth = depth + 1 end
      if token.text == "(" or token.text == "[" or token.text == "{" then depth = depth - 1 end
      if depth == 0 then return i end
    end
  end
end

local keywords = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat return then true until
while]]):gmatch "%a+" do keywords[word] = true end
lexer.keywords = keywords

-- Whether the token can end an expression that a call or an index may follow.
local function is_value(token)
  if not token then return false end
  if token.kind == "name" then return not keywords[token.text] end
  return token.kind == "op" and (token.text == ")" or token.text == "]")
end

--- Where the expression that ends with the token at `last` begins: `t:filter("x").y` and the like.
---@param tokens lunette.repl.Token[]
---@param last integer
---@return integer?
function lexer.chain_start(tokens, last)
  local i = last
  while i and i >= 1 do
    local token, before = tokens[i], tokens[i - 1]
    if token.kind == "name" and not keywords[token.text] then
      if not (before and before.kind == "op" and (before.text == "." or before.text == ":")) then return i end
      i = i - 2
    elseif token.kind == "string" then
      if not is_value(before) then return nil end
      i = i - 1
    elseif token.kind == "op" and closers[token.text] then
      local opener = lexer.opener(tokens, i)
      if not opener then return nil end
      local callee = tokens[opener - 1]
      if token.text == ")" and not is_value(callee) and not (callee and callee.kind == "string") then return opener end
      if token.text ~= ")" and not is_value(callee) then return nil end
      i = opener - 1
    else
      return nil
    end
  end
end

return lexer
