-- Dot commands: found by name, by a beginning that only one has, or named after what was probably meant.
local args = require "lunette.args"
local errors = require "lunette.errors"

local commands = {}

---@class lunette.repl.Command
---@field name string
---@field alias? string[]
---@field args string what follows the name
---@field doc string
---@field takes? string what completion offers behind it: "file", "query", "plugin", "run", "setting", "topic", "kind", "command"
---@field run fun(session: lunette.repl.Session, rest: string)

---@type lunette.repl.Command[]
commands.list = {}
for _, part in ipairs { "data", "work", "about" } do
  for _, command in ipairs(require("lunette.repl.commands_" .. part)) do commands.list[#commands.list + 1] = command end
end
table.sort(commands.list, function(a, b) return a.name < b.name end)

--- Every name, aliases too.
---@return string[]
function commands.names()
  local names = {}
  for _, command in ipairs(commands.list) do
    names[#names + 1] = command.name
    for _, alias in ipairs(command.alias or {}) do names[#names + 1] = alias end
  end
  table.sort(names)
  return names
end

local function is_called(command, name)
  if command.name == name then return true end
  for _, alias in ipairs(command.alias or {}) do
    if alias == name then return true end
  end
end

--- The command called `name`, or the only one whose name begins so; nil where there is none.
---@param name string
---@return lunette.repl.Command?
function commands.find(name)
  local found, n = nil, 0
  for _, command in ipairs(commands.list) do
    if is_called(command, name) then return command end
    if command.name:sub(1, #name) == name then found, n = command, n + 1 end
  end
  return n == 1 and found or nil
end

--- The first word of a command's arguments from `at` on, and where the rest starts; nil where there is none. Quotes keep
--- what has spaces together, as does a backslash before a space; `~/` is the home folder.
---@param rest string
---@param at? integer
---@return string? word, integer? behind
function commands.word(rest, at)
  at = rest:find("%S", at or 1)
  if not at then return nil end
  local quote = rest:sub(at, at):match "[\"']"
  local last = quote and rest:find(quote, at + 1, true)
  if last then return rest:sub(at + 1, last - 1), last + 1 end
  local behind = at
  while rest:find("^[^%s]", behind) do behind = behind + (rest:find("^\\%s", behind) and 2 or 1) end
  local word = rest:sub(at, behind - 1):gsub("\\(%s)", "%1")
  return require("lunette.folders").expand(word), behind
end

--- All words of a command's arguments.
---@param rest string
---@return string[]
function commands.words(rest)
  local words, word, at = {}, commands.word(rest)
  while word do
    words[#words + 1] = word
    word, at = commands.word(rest, at)
  end
  return words
end

--- What all commands are, a line each.
---@return string
function commands.overview()
  local entries = {}
  for i, command in ipairs(commands.list) do
    entries[i] = { "." .. command.name .. (command.args ~= "" and " " .. command.args or ""), command.doc }
  end
  return args.describe(entries)
end

--- Runs a line that starts with a dot.
---@param session lunette.repl.Session
---@param line string
function commands.run(session, line)
  local name, rest = line:match "^%s*%.([%w_]+)%s*(.-)%s*$"
  local command = commands.find(name)
  if not command then
    session.failures = session.failures + 1
    local meant = errors.meant(name, commands.names()):gsub("'(.*)'", "'.%1'")
    return session:say("no command '.%s'%s; .help lists them", name, meant)
  end
  session:attempt(command.run, session, rest)
end

return commands
