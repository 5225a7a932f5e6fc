-- What is wrong with a plugin's file, and in which line: its manifest, names that plugins don't have, its example and
-- tests, and columns that it uses without naming them.
local core = require "lunette.core"
local errors = require "lunette.errors"
local lexer = require "lunette.repl.lexer"
local example = require "lunette.example"

local checking = {}

---@class lunette.Problem
---@field line? integer
---@field text string

local most_bytes = 128 << 10 -- lines are looked for up to here: a stranger's file may be large, and of nothing but tokens

local function text_of(path)
  local file, why = io.open(path, "rb")
  if not file then errors.raise("io", "%s", why) end
  local text = file:read(most_bytes) or ""
  file:close()
  return text
end

local function is_op(token, text) return token ~= nil and token.kind == "op" and token.text == text end

-- ---- lines ----

-- The line in which a field is set, looked for behind each name of `path` in turn; or of the table that the file returns.
local function line_of(tokens, path)
  local from, line = 1, nil
  for _, name in ipairs(path) do
    local found
    for i = from, #tokens do
      if tokens[i].kind == "name" and tokens[i].text == name and is_op(tokens[i + 1], "=") then found = i break end
    end
    if not found then break end
    from, line = found + 1, tokens[found].line
  end
  if line then return line end
  for i = #tokens, 1, -1 do
    if tokens[i].text == "return" and is_op(tokens[i + 1], "{") then return tokens[i].line end
  end
end

-- The fields that a problem's text names, outer to inner.
local function fields_in(text)
  local param = text:match "^params%.([%w_]+)"
  if param then return { "params", param, text:match "^params%.[%w_]+%.([%w_]+)" } end
  local path, sub = {}, text:match "field '[%w_]+' %.([%w_]+)"
  for name in text:gmatch "field '([%w_]+)'" do
    path[#path + 1] = name
    if #path == 1 then path[2] = sub end
  end
  return path
end

-- The line of the only call of a method of ctx, for messages that name the method but no line.
local function line_of_call(tokens, text)
  local method, line = text:match "^ctx:([%a_]+)", nil
  for i, token in ipairs(tokens) do
    if method and token.text == "ctx" and is_op(tokens[i + 1], ":") and tokens[i + 2].text == method then
      if line then return nil end
      line = token.line
    end
  end
  return line
end

-- A problem with its line: one that the text itself names ("file.lua:3: …"), or the field's.
local function located(path, tokens, text)
  text = text:gsub("^" .. path:gsub("%p", "%%%0") .. ": ", ""):gsub("^%S+/lua/lunette/%S+%.lua:%d+: ", "")
  local named, rest = text:match("^" .. path:gsub("%p", "%%%0") .. ":(%d+): (.*)$")
  if named then return { line = math.tointeger(tonumber(named)), text = rest } end
  local inner = tonumber(text:match(path:match "[^/]*$":gsub("%p", "%%%0") .. ":(%d+):"))
  if inner then return { line = math.tointeger(inner), text = text } end
  local call = line_of_call(tokens, text)
  return { line = call or line_of(tokens, fields_in(text)), text = text, is_call = call ~= nil }
end

-- ---- what plugins don't have ----

local absent = {
  io = "plugins have no files of their own: lunette.read and lunette.csv read what the manifest's permissions ask for",
  os = "plugins have no os: lunette.now() is the time it is",
  package = "plugins can require \"lunette\" and \"lunette.kit.…\"",
  debug = "plugins have no debug",
  load = "plugins can't compile code", loadstring = "plugins can't compile code", loadfile = "plugins can't compile code",
  dofile = "plugins can't run other files: what is shared belongs into the file",
  collectgarbage = "plugins leave memory to their host",
}

-- Whether the file gives the name a meaning of its own.
local function is_declared(tokens, name)
  for i, token in ipairs(tokens) do
    local before = tokens[i - 1]
    if token.text == name and token.kind == "name" and before
      and (before.text == "local" or before.text == "function" or is_op(before, ",") and is_op(tokens[i + 1], "=")) then
      return true
    end
  end
  return false
end

local function add_absent(problems, tokens)
  local said = {}
  for i, token in ipairs(tokens) do
    local before, after = tokens[i - 1], tokens[i + 1]
    local why = token.kind == "name" and absent[token.text]
    local is_field = is_op(before, ".") or is_op(before, ":") or is_op(after, "=")
    if why and not is_field and not said[token.text] and not is_declared(tokens, token.text) then
      said[token.text] = true
      problems[#problems + 1] = { line = token.line, text = ("'%s': %s"):format(token.text, why) }
    end
  end
end

-- ---- examples ----

-- Columns that the analysis uses without naming them: it must run as well on an input that has nothing else.
local function add_undeclared(problems, plugin, one, input, tokens)
  if plugin.kind ~= "analysis" or not plugin.input or not input then return end
  local names = {}
  for _, declared in ipairs { plugin.input, plugin.optional or {} } do
    for _, name in ipairs(errors.keys(declared)) do
      if input:has(name) then names[#names + 1] = "`" .. name .. "`" end
    end
  end
  if #names == 0 then return end
  local ok, e = pcall(require("lunette.analysis").execute, plugin, input:select(table.unpack(names)),
    require("lunette.example_files").params(plugin, one))
  if ok then return end
  problems[#problems + 1] = { line = line_of(tokens, { "input" }),
    text = ("the field 'input' doesn't name all columns that it uses (add what is missing; or name it in 'optional', and "
      .. "ask ctx.input:has first): %s"):format(errors.text(e)) }
  return true
end

local quiet = { log = function() end, progress = function() end }

local function add_examples(problems, plugin, tokens, path)
  local outcomes, said, is_undeclared = {}, {}, false
  for _, one in ipairs(example.list(plugin)) do
    local outcome, input = example.run(plugin, one, quiet)
    outcomes[#outcomes + 1] = outcome
    for _, text in ipairs(outcome.problems) do
      local problem = located(path, tokens, text)
      local field = one == plugin.example and "example" or "tests"
      problem.line = (text:match ":%d+:" or problem.is_call) and problem.line or line_of(tokens, { field, "expect" })
      if not said[problem.text] then problems[#problems + 1] = problem end
      said[problem.text] = true
      problem.text = ("%s: %s"):format(one == plugin.example and "the example" or ("the test '%s'"):format(outcome.name), problem.text)
    end
    if #outcome.problems == 0 and not is_undeclared then
      is_undeclared = add_undeclared(problems, plugin, one, input, tokens)
    end
  end
  return outcomes
end

--- Everything that is wrong with a plugin's file, in the order of its lines.
---@param path string
---@return lunette.Problem[] problems
---@return lunette.Plugin? plugin when its manifest is sound
---@return lunette.Outcome[] outcomes of its example and tests
function checking.file(path)
  local tokens, problems, outcomes = lexer.scan(text_of(path)), {}, {}
  local plugin, found = require("lunette.plugin").load(path)
  for i, text in ipairs(found or {}) do problems[i] = located(path, tokens, text) end
  add_absent(problems, tokens)
  if plugin then outcomes = add_examples(problems, plugin, tokens, path) end
  for i, problem in ipairs(problems) do problem.order = i end
  table.sort(problems, function(a, b)
    local first, second = a.line or 0, b.line or 0
    if first ~= second then return first < second end
    return a.order < b.order
  end)
  return problems, plugin, outcomes
end

--- Whether a Lua file looks like a plugin's.
---@param path string
---@return boolean
function checking.is_plugin(path)
  if core.stat(path) ~= "file" then return false end
  local tokens, has = lexer.scan(text_of(path)), {}
  for i, token in ipairs(tokens) do
    if token.kind == "name" and is_op(tokens[i + 1], "=") then has[token.text] = true end
  end
  return has.api and has.kind or false
end

return checking
