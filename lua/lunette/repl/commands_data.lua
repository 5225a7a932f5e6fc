-- Dot commands about data: what there is, what it looks like, where it comes from and goes to.
local core = require "lunette.core"
local args = require "lunette.args"
local errors = require "lunette.errors"
local width = require "lunette.width"

local function words_of(rest) return require("lunette.repl.commands").words(rest) end

local function write_schema(session, rest)
  local entries = {}
  for i, column in ipairs(session:query(rest):schema()) do
    entries[i] = { width.cell(column.name), column.type }
  end
  session:write(args.describe(entries))
end

-- A query's origin and size, as far as they are known without running it.
local function describe(session, name)
  local value, notes = session.env[name], {}
  for _, input in ipairs(session.inputs) do
    if input.name == name then notes[1] = input.path end
  end
  notes[#notes + 1] = ("%d columns"):format(#value:schema())
  local rows = rawget(value, "_table") and #value or nil
  if rows then notes[#notes + 1] = ("%d rows"):format(rows) end
  return table.concat(notes, ", ")
end

local function write_tables(session)
  local entries = {}
  for i, name in ipairs(session:queries()) do entries[i] = { name, width.cell(describe(session, name)) } end
  if #entries == 0 then return session:say "no queries yet: .load FILE opens one" end
  session:write(args.describe(entries))
end

-- Runs a file in the session: with all the user's rights, so the user has to trust it.
local function load_lua(session, path)
  local file, why = require("lunette.outside").file(path)
  if not file then errors.raise("io", "%s", why) end
  if require("lunette.grants").of_script(file) then
    errors.raise("argument", "%s isn't trusted, and in the session it could do all that you can: look at it, then start "
      .. "with lunette --trust", path)
  end
  local chunk, message = load((file.text:gsub("^#[^\n]*", "")), "@" .. path, "t", session.env)
  if not chunk then errors.raise("syntax", "%s", message) end
  chunk()
  session.entries[#session.entries + 1] = { text = ".load " .. path, kind = "command" }
end

local function load_file(session, rest)
  local words = words_of(rest)
  local path, name = words[1], words[2]
  if not path then errors.raise("usage", ".load needs a file: FILE.lua runs, any other becomes a query") end
  if name and not name:match "^[%a_][%w_]*$" then errors.raise("usage", "'%s' can't be a query's name", name) end
  if path:match "%.lua$" then return load_lua(session, path) end
  name = session:open(path, name)
  session:write(("%s is %s, %d columns\n"):format(name, width.safe(path), #session.env[name]:schema()))
end

local function write_file(session, rest)
  local path, behind = require("lunette.repl.commands").word(rest)
  if not path then errors.raise("usage", ".write needs a file, whose ending says the format: .write hosts.csv") end
  local value = session:query(rest:sub(behind):match "^%s*(.-)%s*$")
  for _, input in ipairs(session.inputs) do
    if core.same_file(path, input.path) then errors.raise("usage", "%s is an input, which results don't replace", path) end
  end
  value:write(path)
  session:say("written: %s", path)
end

local function write_rejects(session, rest)
  local rejects = session:query(rest):rejects():collect()
  if #rejects == 0 then return session:say "every row was read" end
  session:write((rejects:text(session:layout())))
end

---@type lunette.repl.Command[]
return {
  { name = "schema", alias = { "columns" }, args = "[QUERY]", takes = "query", run = write_schema,
    doc = "the columns of a query and their types (default: the query in hand)" },
  { name = "tables", args = "", run = write_tables, doc = "the session's queries" },
  { name = "load", alias = { "open", "read" }, args = "FILE [NAME]", takes = "file", run = load_file,
    doc = "open a file as a query (t, t2, …, or NAME); run it if it is Lua" },
  { name = "write", args = "FILE [QUERY]", takes = "file", run = write_file,
    doc = "write a query's rows: the ending says csv, tsv, json, ndjson, md, …" },
  { name = "explain", args = "[QUERY]", takes = "query",
    run = function(session, rest) session:write((session:query(rest):explain():gsub("\n*$", "\n"))) end,
    doc = "how a query will be run" },
  { name = "rejects", args = "[QUERY]", takes = "query", run = write_rejects,
    doc = "the rows that a query's inputs could not read" },
}
