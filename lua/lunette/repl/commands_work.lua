-- Dot commands that do something: run an analysis, set how results are shown, keep or forget what was typed.
local core = require "lunette.core"
local errors = require "lunette.errors"
local settings = require "lunette.repl.settings"
local query = require "lunette.query"

-- The queries that words stand for: names of the session's, and files.
local function inputs_of(session, names)
  if #names == 0 then
    local value = session.env.t
    if query.is_query(value) then return value, { "t" } end
    errors.raise("argument", "there is no query t; name one, or a file: .run ports feed.csv")
  end
  local queries = {}
  for i, name in ipairs(names) do
    local value = rawget(session.env, name)
    local known = query.is_query(value)
    if not known and not core.stat(name) and not require("lunette.read").bundled(name) then
      errors.raise("argument", "no query and no file '%s'%s", name, errors.meant(name, session:queries()))
    end
    queries[i] = known and value or require("lunette.read").read(name)
  end
  return query.concat(queries), names
end

local function run_plugin(session, rest)
  local run, enrich_words = require "lunette.commands.run", require "lunette.enrich_words"
  local options, words = require("lunette.args").parse(run.options, require("lunette.repl.commands").words(rest), 1)
  if not words[1] then
    errors.raise("usage", ".run needs an analysis: %s", table.concat(require("lunette.plugin").names "analysis", ", "))
  end
  local plugin = require("lunette.plugin").find("analysis", words[1])
  local asked = enrich_words.asked(options)
  local names, given = run.split_words(words, plugin, asked)
  enrich_words.check(asked)
  local input, paths = inputs_of(session, names)
  local to = run.destination(options)
  local report = require("lunette.analysis").execute(plugin, enrich_words.apply(asked, input, options), given, session.host)
  report.databases = require("lunette.inputs").databases()
  report.input.paths = paths
  session.env._ = report
  if to.format == "table" and not to.path then
    session:write(require("lunette.repl.show").report(report, session:layout(), to.table, to.charts))
  else
    require("lunette.output").write(report, to)
    if to.path then session:say("written: %s", to.path) end
  end
  local again = words[1] == plugin.name and { plugin = plugin, names = names, given = given, asked = asked } or nil
  session.entries[#session.entries + 1] = { text = ".run " .. rest, kind = "command", run = again }
end

local function show_settings(session)
  local entries = {}
  for i, each in ipairs(settings.list) do
    entries[i] = { ("%s %s"):format(each.name, settings.text(each.name, session.settings[each.name])), each.doc }
  end
  session:write(require("lunette.args").describe(entries))
end

local function set(session, rest)
  local name, value = rest:match "^(%S+)%s*=?%s*(.-)$"
  if not name then return show_settings(session) end
  name = name:gsub("=$", "")
  if value == "" then
    settings.find(name)
    return session:write(("%s %s\n"):format(name, settings.text(name, session.settings[name])))
  end
  settings.set(session.settings, name, value)
end

-- `.rows 50` for `.set rows 50`.
local function setter(name)
  return function(session, rest) set(session, name .. " " .. rest) end
end

local function show_lines(session)
  for i, entry in ipairs(session.entries) do session:write(("%3d  %s\n"):format(i, (entry.text:gsub("\n", "\n     ")))) end
  if #session.entries == 0 then session:say "nothing yet" end
end

local function forget(session, rest)
  local n = rest == "" and #session.entries or math.tointeger(tonumber(rest))
  local entry = n and session.entries[n]
  if not entry then errors.raise("argument", "there is no line %s; .lines lists them", rest == "" and "to forget" or rest) end
  table.remove(session.entries, n)
  session:say("forgotten: %s", entry.text)
end

local function save(session, rest)
  local folder, name = rest:match "^(.*/)([^/]*)$"
  name = (name or rest):gsub("%.lua$", "")
  if name == "" then errors.raise("usage", ".save needs a name: .save my_hunt writes my_hunt.lua") end
  local path, has_rows, problems = require("lunette.repl.save").write(session, name, folder)
  session:write(("written: %s\n"):format(path))
  if has_rows then session:say "its example holds the first rows of the input: look at them before you share it" end
  if #problems == 0 then return session:say("its example passes: lunette test %s", path) end
  for _, problem in ipairs(problems) do
    session:say("%s: %s", problem.line and ("%s:%d"):format(path, problem.line) or path, problem.text)
  end
end

local function clear(session)
  if require("lunette.repl.session").is_terminal(session.out) then session:write "\27[H\27[2J\27[3J" end
end

---@type lunette.repl.Command[]
return {
  { name = "run", args = "PLUGIN [QUERY|FILE…] [name=value…]", takes = "run", run = run_plugin,
    doc = "run an analysis (default: on t); `_` is its report. -o FILE writes it" },
  { name = "set", args = "[NAME [VALUE]]", takes = "setting", run = set, doc = "how results are shown" },
  { name = "rows", args = "N", run = setter "rows", doc = "show N rows of a table" },
  { name = "width", args = "N|auto", run = setter "width", doc = "tables may take N columns of the screen" },
  { name = "timing", alias = { "time", "timer" }, args = "on|off", run = setter "timing", takes = "switch",
    doc = "say how long each line took" },
  { name = "lines", args = "", run = show_lines, doc = "the lines that ran, which .save takes" },
  { name = "forget", args = "[N]", run = forget, doc = "leave line N (the last) out of .save" },
  { name = "save", args = "NAME", run = save, doc = "write the lines that ran as a plugin with a test, NAME.lua" },
  { name = "clear", args = "", run = clear, doc = "clear the screen" },
  { name = "quit", alias = { "exit", "q" }, args = "", doc = "end (also Ctrl-D)",
    run = function(session) session.is_done = true end },
}
