-- `.save NAME`: the lines of a session as an analysis in a file of its own. What was shown becomes tables, figures and
-- numbers of a report; the example is run on the session's input, or on its first rows, and expects what came out now.
local core = require "lunette.core"
local errors = require "lunette.errors"
local lexer = require "lunette.repl.lexer"
local compile = require "lunette.repl.compile"

local save = {}

local example_rows = 50

local function quoted(text) return (("%q"):format(text):gsub("\\\n", "\\n")) end

-- Text in long brackets that it doesn't close.
local function long_quoted(text)
  local equals = ""
  while text:find("]" .. equals .. "]", 1, true) do equals = equals .. "=" end
  return ("[%s[\n%s]%s]"):format(equals, text, equals)
end

local function indented(text, by) return (text:gsub("\n", "\n" .. (" "):rep(by))) end

-- The first line of what was typed, as a title.
local function title_of(text)
  local line = text:gsub("%s*\n%s*", ""):gsub("^return%s+", "")
  if utf8.len(line) and utf8.len(line) > 70 then line = line:sub(1, utf8.offset(line, 70) - 1) .. "…" end
  return line
end

-- ---- lines ----

---@class lunette.repl.Writer what the lines become
---@field out string[]
---@field declared table<string, boolean>
---@field shown? string the name that holds the value shown last
---@field n table<string, integer> how many items of each kind there are
---@field names table<string, boolean> names of items

-- The text with `_` replaced by what holds the value shown last.
local function without_underscore(text, shown)
  if not shown then return text end
  local out, at = {}, 1
  local tokens = lexer.scan(text)
  for i, token in ipairs(tokens) do
    local before = tokens[i - 1] and tokens[i - 1].text
    if token.kind == "name" and token.text == "_" then
      if before == "for" or before == "local" or before == "," then return text end
      if before ~= "." and before ~= ":" then
        out[#out + 1] = text:sub(at, token.first - 1) .. shown
        at = token.last + 1
      end
    end
  end
  return table.concat(out) .. text:sub(at)
end

local function add(writer, format, ...)
  writer.out[#writer.out + 1] = (select("#", ...) > 0 and format:format(...) or format)
end

-- A name that no other item has.
local function item_name(writer, kind, text)
  writer.n[kind] = (writer.n[kind] or 0) + 1
  local name = text:match "^%s*([%a_][%w_]*)%s*$"
  if not name or writer.names[name] then name = ("%s_%d"):format(kind, writer.n[kind]) end
  writer.names[name] = true
  return name
end

local function add_statement(writer, text)
  local name = compile.assigned_name(text)
  local fn = text:match "^%s*function%s+([%a_][%w_]*)%s*%("
  if text:match "^%s*local%f[^%w_]" then
    writer.declared[name or ""] = true
  elseif (name or fn) and not writer.declared[name or fn] then
    writer.declared[name or fn] = true
    text = "local " .. text:gsub("^%s+", "")
  end
  add(writer, "%s", text)
end

local function comment(text) return "-- " .. text:gsub("\n", "\n-- ") end

local adders = {}

function adders.query(writer, text, typed)
  local name = item_name(writer, "table", text)
  writer.n.shown = (writer.n.shown or 0) + 1
  local holder = ("shown_%d"):format(writer.n.shown)
  add(writer, "local %s = %s", holder, text)
  add(writer, "ctx:table(%s, { name = %q, title = %s })", holder, name, quoted(title_of(typed)))
  return holder
end

function adders.metric(writer, text, typed)
  local name = item_name(writer, "number", text)
  add(writer, "ctx:metric { name = %q, title = %s, value = %s }", name, quoted(title_of(typed)), text)
end

function adders.chart(writer, text)
  local rest = text:match "^%s*lunette%.chart%s*%(?%s*{(.*)$"
  local name = item_name(writer, "chart", "")
  if not rest then return add(writer, "%s", comment(text)) end
  rest = rest:gsub("}%s*%)%s*$", "}"):gsub("}%s*:show%(%)%s*$", "}")
  add(writer, "ctx:chart { name = %q,%s", name, rest)
end

local function add_expression(writer, entry)
  local text = without_underscore(entry.text:gsub("^%s*=", ""):gsub("^%s*return%f[^%w_]%s*", ""), writer.shown)
  local adder = adders[entry.shown]
  if adder then
    writer.shown = adder(writer, text, entry.text) or writer.shown
  elseif entry.shown == nil and text:find "[%)\"'}%]]%s*$" then
    add(writer, "%s", text) -- a call that gave nothing to show
  else
    add(writer, "%s", comment(text))
  end
end

-- ---- the input ----

-- What stands for the input: the session's own, or the first file that a line reads.
local function input_of(session)
  local first = session.inputs[1]
  if first then return first.path, session.env[first.name] end
  for _, entry in ipairs(session.entries) do
    local _, path = entry.text:match "lunette%.read%s*%(?%s*([\"'])(.-)%1"
    if path then return path, require("lunette.read").read(path) end
  end
  errors.raise("argument", "the session has no input: a hunt works on a file; open one with .load FILE, or name it at the start")
end

-- The input's columns that the lines speak of, with their types.
local function columns_used(session, input)
  local words, used = {}, {}
  for _, entry in ipairs(session.entries) do
    for i, token in ipairs((lexer.scan(entry.text))) do
      if token.kind == "string" then
        for word in token.text:gmatch "[%a_][%w_]*" do words[word] = true end
        for word in token.text:gmatch "`([^`]+)`" do words[word] = true end
      elseif token.kind == "name" and i > 1 then
        words[token.text] = true
      end
    end
  end
  for _, column in ipairs(input:schema()) do
    if words[column.name] then used[#used + 1] = column end
  end
  return used
end

local function key_text(name) return name:match "^[%a_][%w_]*$" and not lexer.keywords[name] and name or ("[%s]"):format(quoted(name)) end

local function columns_text(columns)
  local parts = {}
  for i, column in ipairs(columns) do parts[i] = ("%s = %q"):format(key_text(column.name), column.type) end
  return #parts > 0 and "{ " .. table.concat(parts, ", ") .. " }" or "{}"
end

-- The example's input: a bundled one by its name, the first rows of any other as text.
local function example_text(path, input, columns)
  if require("lunette.read").bundled(path) then return ("input = %q"):format(path), false end
  local names = {}
  for i, column in ipairs(columns) do names[i] = "`" .. column.name .. "`" end
  local few = input:head(example_rows)
  if #names > 0 then few = few:select(table.unpack(names)) end
  return "text = " .. long_quoted(core.render(few:handle():plan(), "csv", true)), true
end

-- ---- the file ----

-- Further inputs are parameters, opened by the host.
local function parameters(session)
  local specs, given, locals = {}, {}, {}
  for i = 2, #session.inputs do
    local each = session.inputs[i]
    specs[#specs + 1] = ("%s = { type = \"input\", required = true, doc = \"A further input.\" },"):format(each.name)
    given[#given + 1] = ("%s = %s"):format(each.name, quoted(each.path))
    locals[#locals + 1] = ("local %s = ctx.params.%s[1]"):format(each.name, each.name)
  end
  return specs, given, locals
end

local function body_of(session, locals)
  local writer = { out = {}, declared = {}, n = {}, names = {} }
  local first = session.inputs[1]
  if first then
    add(writer, "local %s = ctx.input", first.name)
    writer.declared[first.name] = true
  end
  for _, line in ipairs(locals) do add(writer, "%s", line) end
  for _, input in ipairs(session.inputs) do writer.declared[input.name] = true end
  for _, entry in ipairs(session.entries) do
    if entry.kind == "command" then
      add(writer, "%s", comment(entry.text))
    elseif entry.kind == "expression" then
      add_expression(writer, entry)
    else
      add_statement(writer, without_underscore(entry.text, writer.shown))
    end
  end
  local body = table.concat(writer.out, "\n")
  if first then return body end
  local with_call, n = body:gsub("lunette%.read%s*%(%s*([\"'])[^\"'\n]*%1%s*%)", "ctx.input", 1)
  return n > 0 and with_call or (body:gsub("lunette%.read%s*([\"'])[^\"'\n]*%1", "ctx.input", 1))
end

local template = [==[
-- %s: saved from a session. What it shows is what was shown there; change it as you like.
--   lunette run %s %s
--   lunette check %s      lunette test %s
%sreturn {
  api = 1,
  kind = "analysis",
  name = "%s",
  version = "0.1.0",
  summary = "Saved from a session on %s",
  author = "you",
  license = "MIT",
  input = %s,
  params = {%s},
  permissions = {},
  example = {
    %s,%s
    expect = %s,
  },

  run = function(ctx)
    %s
  end,
}
]==]

-- The text of the file, expecting `expect`.
local function text_of(session, name, expect)
  local path, input = input_of(session)
  local columns = columns_used(session, input)
  local specs, given, locals = parameters(session)
  local body = body_of(session, locals)
  local example, has_rows = example_text(path, input, columns)
  local file = name .. ".lua"
  local text = template:format(name, file, path, file, file,
    body:find "%f[%w_]lunette%." and "local lunette = require \"lunette\"\n\n" or "\n", name, path:gsub("[\\\"\n]", "?"),
    columns_text(columns), #specs > 0 and "\n    " .. table.concat(specs, "\n    ") .. "\n  " or "", example,
    #given > 0 and "\n    params = { " .. table.concat(given, ", ") .. " }," or "", expect, indented(body, 4))
  return text, has_rows
end

local function value_text(value)
  if type(value) == "string" then return quoted(value) end
  return math.type(value) == "float" and ("%.17g"):format(value) or tostring(value)
end

-- What came out, as what is expected from now on.
local function expectation(report)
  local parts = {}
  local function group(field, items, value_of)
    local texts = {}
    for _, item in ipairs(items) do
      local value = value_of(item)
      if value then texts[#texts + 1] = ("%s = %s"):format(key_text(item.name), value) end
    end
    if #texts > 0 then parts[#parts + 1] = ("%s = { %s }"):format(field, table.concat(texts, ", ")) end
  end
  group("tables", report.tables, function(item) return tostring(#item.data) end)
  group("metrics", report.metrics, function(item)
    local kind = type(item.value)
    return (kind == "number" or kind == "string" or kind == "boolean") and item.value == item.value and value_text(item.value) or nil
  end)
  group("charts", report.charts, function(item) return #item.data > 0 and "true" or nil end)
  return #parts > 0 and "{ " .. table.concat(parts, ", ") .. " }" or "{}"
end

-- Runs the file's example: what came out. Raises what went wrong.
local function try(path)
  local plugin = require("lunette.plugin").load_or_raise(path)
  local outcome = require("lunette.example").run(plugin, plugin.example)
  if outcome.problems[1] then errors.raise("value", "%s", outcome.problems[1]) end
  return outcome.result
end

--- Writes the session as a plugin: its file, whether it holds rows of the input, and what its example said when it was
--- run (empty: it passed).
---@param session lunette.repl.Session
---@param name string
---@param folder? string where (the working directory)
---@return string path, boolean has_rows, lunette.Problem[] problems
function save.write(session, name, folder)
  local new = require "lunette.commands.new"
  new.check_name(name)
  if #session.entries == 0 then errors.raise("argument", "nothing has run yet that could be saved") end
  local path = (folder or "") .. name .. ".lua"
  local text, has_rows = text_of(session, name, "{}")
  new.write(path, text)
  local ok, report = pcall(try, path)
  if ok then
    os.remove(path)
    new.write(path, (text_of(session, name, expectation(report))))
  end
  return path, has_rows, (require("lunette.checking").file(path))
end

return save
