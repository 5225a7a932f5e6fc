-- `.save NAME`: the lines of a session as an analysis in a file of its own. What was shown becomes tables, figures and
-- numbers of a report, and analyses that were run are run by it; the example is run on the session's input, or on its first
-- rows, and expects what came out now.
local core = require "lunette.core"
local errors = require "lunette.errors"
local lexer = require "lunette.repl.lexer"
local compile = require "lunette.repl.compile"
local lua_text = require "lunette.repl.lua_text"
local save_run = require "lunette.repl.save_run"

local save = {}

local example_rows = 50

local quoted = lua_text.quoted

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
---@field params lunette.repl.Parameter[]

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

local function add_statement(writer, entry)
  local text = without_underscore(entry.text, writer.shown)
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

local function add_command(writer, session, entry)
  local text = entry.run and save_run.text(session, entry.run, writer.params)
  if not text then return add(writer, "%s", comment(entry.text)) end
  writer.n.report = (writer.n.report or 0) + 1
  writer.shown = ("report_%d"):format(writer.n.report)
  add(writer, "local %s = %s", writer.shown, text)
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
    if entry.run then save_run.add_columns(entry.run, words) end
  end
  for _, column in ipairs(input:schema()) do
    if words[column.name] then used[#used + 1] = column end
  end
  return used
end

local function columns_text(columns)
  local parts = {}
  for i, column in ipairs(columns) do parts[i] = ("%s = %q"):format(lua_text.key(column.name), column.type) end
  return lua_text.braces(parts)
end

-- The example's input: a bundled one by its name, the first rows of any other as text.
local function example_text(path, input, columns)
  if require("lunette.read").bundled(path) then return ("input = %q"):format(path), false end
  local names = {}
  for i, column in ipairs(columns) do names[i] = "`" .. column.name .. "`" end
  local few = input:head(example_rows)
  if #names > 0 then few = few:select(table.unpack(names)) end
  return "text = " .. lua_text.long_quoted(core.render(few:handle():plan(), "csv", true)), true
end

-- ---- the file ----

-- The session's inputs as local variables: the first is the plugin's, further ones are parameters, opened by the host.
local function add_inputs(writer, inputs)
  for i, input in ipairs(inputs) do
    writer.declared[input.name] = true
    if i > 1 then writer.params[i - 1] = { name = input.name, type = "input", path = input.path } end
    add(writer, i == 1 and "local %s = ctx.input" or "local %s = ctx.params.%s[1]", input.name, input.name)
  end
end

-- What `run` does, and the parameters that it needs for that.
local function body_of(session)
  local writer = { out = {}, declared = {}, n = {}, names = {}, params = {} }
  local first = session.inputs[1]
  add_inputs(writer, session.inputs)
  for _, entry in ipairs(session.entries) do
    if entry.kind == "command" then
      add_command(writer, session, entry)
    else
      (entry.kind == "expression" and add_expression or add_statement)(writer, entry)
    end
  end
  local body = table.concat(writer.out, "\n")
  if first then return body, writer.params end
  local with_call, n = body:gsub("lunette%.read%s*%(%s*([\"'])[^\"'\n]*%1%s*%)", "ctx.input", 1)
  return n > 0 and with_call or body:gsub("lunette%.read%s*([\"'])[^\"'\n]*%1", "ctx.input", 1), writer.params
end

-- Declarations of parameters, and what the example gives for them.
local function parameters_text(params)
  local specs, given = {}, {}
  for i, each in ipairs(params) do
    specs[i] = ("\n    %s = { type = %q, required = true, doc = \"A further input.\" },"):format(each.name, each.type)
    given[i] = ("%s = %s"):format(each.name, quoted(each.path))
  end
  if #params == 0 then return "", "" end
  return table.concat(specs) .. "\n  ", ("\n    params = %s,"):format(lua_text.braces(given))
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
  local body, params = body_of(session)
  local specs, given = parameters_text(params)
  local example, has_rows = example_text(path, input, columns)
  local file = name .. ".lua"
  local text = template:format(name, file, path, file, file,
    body:find "%f[%w_]lunette%." and "local lunette = require \"lunette\"\n\n" or "\n", name, path:gsub("[\\\"\n]", "?"),
    columns_text(columns), specs, example, given, expect, indented(body, 4))
  return text, has_rows
end

-- What came out, as what is expected from now on.
local function expectation(report)
  local parts = {}
  local function group(field, items, value_of)
    local texts = {}
    for _, item in ipairs(items) do
      local value = value_of(item)
      if value then texts[#texts + 1] = ("%s = %s"):format(lua_text.key(item.name), value) end
    end
    if #texts > 0 then parts[#parts + 1] = field .. " = " .. lua_text.braces(texts) end
  end
  group("tables", report.tables, function(item) return tostring(#item.data) end)
  group("metrics", report.metrics, function(item)
    local kind = type(item.value)
    return (kind == "number" or kind == "string" or kind == "boolean") and item.value == item.value and lua_text.value(item.value) or nil
  end)
  group("charts", report.charts, function(item) return #item.data > 0 and "true" or nil end)
  return lua_text.braces(parts)
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
