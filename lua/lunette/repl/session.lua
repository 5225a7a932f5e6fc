-- A session: what was typed, the world it runs in, and how its results are shown. It knows nothing of terminals: lines
-- come in by `feed`, text goes out by the two streams.
local core = require "lunette.core"
local cli = require "lunette.cli"
local errors = require "lunette.errors"
local query = require "lunette.query"
local compile = require "lunette.repl.compile"
local show = require "lunette.repl.show"
local width = require "lunette.width"

---@class lunette.repl.Entry what ran without an error
---@field text string
---@field kind "expression"|"statement"|"command"
---@field run? lunette.repl.Run what a command `.run` ran, where a plugin can do the same
---@field shown? "query"|"report"|"chart"|"metric"|"value" what an expression gave

---@class lunette.repl.Session
---@field env table the globals of what is typed
---@field out file* results
---@field err file* messages
---@field settings table<string, any>
---@field entries lunette.repl.Entry[]
---@field inputs { name: string, path: string }[]
---@field pending? string lines that aren't complete yet
---@field is_done? boolean `.quit` was typed
---@field failures integer how many lines failed
local Session = {}
Session.__index = Session

local session = {}

--- A new session.
---@param options { env: table, out: file*, err: file*, settings?: table<string, any> }
---@return lunette.repl.Session
function session.new(options)
  local self = setmetatable({ env = options.env, out = options.out, err = options.err, entries = {}, inputs = {},
    failures = 0 }, Session)
  self.settings = require("lunette.repl.settings").new(options.settings)
  return self
end

local function fd_of(file)
  local ok, fd = pcall(core.descriptor, file)
  return ok and fd or nil
end

local function is_terminal(file)
  local fd = fd_of(file)
  return fd ~= nil and core.is_terminal(fd)
end
session.is_terminal = is_terminal

--- How results are laid out now: rows, columns, colours and characters.
---@return { rows: integer, width: integer, paint: lunette.Paint }
function Session:layout()
  local fd, terminal = fd_of(self.out), require "lunette.terminal"
  local on_terminal = fd ~= nil and core.is_terminal(fd)
  local auto = on_terminal and core.terminal_width(fd) or terminal.columns()
  local paint = on_terminal and terminal.paint(fd) or terminal.file_paint()
  if not self.settings.color then paint = require("lunette.terminal.paint").new { depth = 0, unicode = paint.unicode } end
  return { rows = self.settings.rows, width = self.settings.width or auto, paint = paint }
end

--- Writes a result.
---@param text string
function Session:write(text) self.out:write(text) end

--- Says something about the session itself.
---@param format string
function Session:say(format, ...)
  local text = select("#", ...) > 0 and format:format(...) or format
  self.out:flush()
  local fd = fd_of(self.err)
  self.err:write(width.message(width.safe(text), fd and core.terminal_width(fd)), "\n")
end

-- Takes progress away, and lets Ctrl-C work again where it stopped what ran.
local function settle(failure)
  if cli.session.progress_shown then require("lunette.progress").clear() end
  if failure ~= nil then
    cli.caught(failure)
    core.resume()
  end
end

-- The names that a session has, for the nearest one to a mistyped.
local function nearest_global(self, text)
  local name = text:match "global '([%a_][%w_]*)'"
  if not name or self.env[name] ~= nil then return "" end
  local meta = getmetatable(self.env)
  local names = errors.keys(self.env)
  if meta and type(meta.__index) == "table" then table.move(errors.keys(meta.__index), 1, 1000, #names + 1, names) end
  return errors.meant(name, names)
end

--- Says what failed.
---@param failure any what was raised
function Session:fail(failure)
  self.failures = self.failures + 1
  if cli.interrupted(failure) then return self:say "interrupted" end
  local text = errors.text(failure)
  self:say("%s%s", text, type(failure) == "string" and nearest_global(self, text) or "")
end

--- Calls `fn(…)` as something that was typed: errors are said, Ctrl-C stops it. Whether it went well.
---@param fn function
---@return boolean
function Session:attempt(fn, ...)
  local started = core.seconds()
  local ok, failure = cli.xpcall(fn, cli.caught, ...)
  settle(not ok and failure or nil)
  if not ok then self:fail(failure) end
  if self.report_rejects then self.report_rejects() end
  if self.settings.timing then self:say("%.3f s", core.seconds() - started) end
  return ok
end

local function kind_of(value)
  if query.is_query(value) then return "query" end
  local meta = debug.getmetatable(value)
  local name = meta and rawget(meta, "__name")
  return name == "lunette.report" and "report" or name == "lunette.chart" and "chart"
    or value ~= nil and core.type(value) and "metric" or "value"
end

-- Shows what an expression gave; the last value with something in it becomes `_`.
local function show_values(self, values, entry)
  for i = 1, values.n do
    local value = values[i]
    local text, rows = show.text(value, self:layout())
    self:write(text)
    if rows and self.settings.counts then
      self:say("%d row%s of %d columns", rows, rows == 1 and "" or "s", #value:schema())
    end
    if value ~= nil then self.env._, entry.shown = value, kind_of(value) end
  end
  self.out:flush()
end

-- The text that runs for a line that starts with ":", and the entry it belongs to; or nil where there is none.
local function continued(self, line)
  local before = self.previous
  if not before then return nil end
  local tail = line:gsub("^%s+", "")
  if before.kind == "expression" then return "_" .. tail, before end
  local name = compile.assigned_name(before.text)
  if name then return ("%s = %s%s"):format(name, name, tail), before end
end

local function evaluate(self, text, typed, before)
  local compiled = compile.text(text, self.env)
  if compiled.is_unfinished then
    self.pending, self.pending_typed, self.pending_before = text, typed, before
    return
  end
  self.pending = nil
  if not compiled.chunk then
    self.failures = self.failures + 1
    return self:say("%s", compile.explain(compiled))
  end
  local entry = before or { text = typed, kind = compiled.is_expression and "expression" or "statement" }
  local ok = self:attempt(function()
    local values = table.pack(compiled.chunk())
    if compiled.is_expression then show_values(self, values, entry) end
  end)
  if not ok then return end
  if before then
    before.text = before.text .. "\n" .. typed
  else
    self.entries[#self.entries + 1] = entry
  end
  self.previous = entry
end

--- Takes a line: runs it, or keeps it until it is complete (`pending` then holds it).
---@param line string
function Session:feed(line)
  if self.pending then
    return evaluate(self, self.pending .. "\n" .. line, self.pending_typed .. "\n" .. line, self.pending_before)
  end
  if line:match "^%s*%.%a" then return require("lunette.repl.commands").run(self, line) end
  if not line:match "%S" then return end
  if compile.goes_on(line) then
    local text, before = continued(self, line)
    if text then return evaluate(self, text, line, before) end
    self.failures = self.failures + 1
    return self:say "a line that starts with : goes on with the value of the line before, and there is none"
  end
  evaluate(self, line, line)
end

--- Forgets lines that aren't complete.
function Session:drop_pending() self.pending = nil end

--- Says that the input ended in the middle of a statement, if it did.
function Session:finish()
  if not self.pending then return end
  local compiled = compile.text(self.pending, self.env)
  self.pending, self.failures = nil, self.failures + 1
  self:say("%s", compile.explain(compiled))
end

--- Opens a file under a name (default: t, or the next free one of t2, t3, …).
---@param path string
---@param name? string
---@return string name
function Session:open(path, name)
  if not name then
    local n = 1
    while self.env[n == 1 and "t" or "t" .. n] ~= nil do n = n + 1 end
    name = n == 1 and "t" or "t" .. n
  end
  self.env[name] = require("lunette.read").read(path)
  self.inputs[#self.inputs + 1] = { name = name, path = path }
  return name
end

--- The query in hand: the last one that was shown, else t.
---@return lunette.Query?, string? name
function Session:in_hand()
  if query.is_query(self.env._) then return self.env._, "_" end
  if query.is_query(self.env.t) then return self.env.t, "t" end
end

--- What an expression gives, for commands that take one. Raises where it is none.
---@param text string
---@return any
function Session:value(text)
  local compiled = compile.text(text, self.env)
  if compiled.chunk and compiled.is_expression then return (compiled.chunk()) end
  errors.raise("syntax", "this is no expression: %s", compiled.message and compile.explain(compiled) or text)
end

--- The query that a command is about: what the text gives, else the one in hand. Raises where there is none.
---@param text string
---@return lunette.Query
function Session:query(text)
  if text == "" then
    local found = self:in_hand()
    if found then return found end
    errors.raise("argument", "there is no query yet: .load FILE opens one, or name an input when starting")
  end
  local value = self:value(text)
  if query.is_query(value) then return value end
  errors.raise("argument", "'%s' is a %s, not a query", text, type(value))
end

--- The names of the session's queries, sorted; in another program those among its globals, too.
---@return string[]
function Session:queries()
  local names, seen, env = {}, {}, self.env
  while type(env) == "table" do
    for name, value in next, env do
      if type(name) == "string" and name ~= "_" and not seen[name] and query.is_query(value) then
        names[#names + 1], seen[name] = name, true
      end
    end
    local meta = getmetatable(env)
    env = type(meta) == "table" and meta.__index or nil
  end
  table.sort(names)
  return names
end

return session
