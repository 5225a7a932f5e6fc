-- Dot commands that explain: the commands, verbs and functions; the plugins.
local args = require "lunette.args"
local errors = require "lunette.errors"
local width = require "lunette.width"

local introduction = [[
Type Lua. An expression shows its value, a query its first rows:
  t                                     the first input
  t:filter "port == 443"                verbs give new queries
  :group_by "family":agg "n = count()"  with : in front: goes on from the line before
  x = t:top(5, "-first_seen")           names keep values; _ is the last one shown
Tab completes columns, verbs, functions, plugins and files.
Ctrl-C stops what runs, Ctrl-D ends.

]]

-- What the engine knows of a function of the expression language, or nil.
local function function_help(name)
  for _, each in ipairs(require("lunette").functions()) do
    if each.name == name then return ("%s\n  %s\n"):format(each.signature, each.summary) end
  end
end

local function verb_help(name)
  local doc = require("lunette.docs").verb(name)
  return doc and ("q:%s\n%s\n"):format(doc.signature, (doc.text:gsub("[^\n]+", "  %0")))
end

local function command_help(name)
  local command = require("lunette.repl.commands").find(name)
  if not command then return nil end
  local alias = command.alias and " (also ." .. table.concat(command.alias, ", .") .. ")" or ""
  return (".%s %s\n  %s%s\n"):format(command.name, command.args, command.doc, alias)
end

local function list_functions()
  local by_category, order = {}, {}
  for _, each in ipairs(require("lunette").functions()) do
    if not by_category[each.category] then
      by_category[each.category] = {}
      order[#order + 1] = each.category
    end
    table.insert(by_category[each.category], each.name)
  end
  local entries = {}
  for i, category in ipairs(order) do entries[i] = { category, table.concat(by_category[category], " ") } end
  return args.describe(entries)
end

local function list_verbs()
  local entries = {}
  for i, doc in ipairs(require("lunette.docs").verbs()) do entries[i] = { doc.signature, doc.summary } end
  return args.describe(entries)
end

local topics = { functions = list_functions, verbs = list_verbs }

local function help(session, rest)
  local topic = rest:match "^[.:]?([%w_]+)"
  if not topic then
    return session:write(introduction .. require("lunette.repl.commands").overview()
      .. "\n.help NAME explains a command, verb or function;\n.help verbs and .help functions list them.\n")
  end
  if topics[topic] then return session:write(topics[topic]()) end
  local parts = { rest:sub(1, 1) ~= ":" and command_help(topic) or nil }
  parts[#parts + 1] = rest:sub(1, 1) ~= "." and verb_help(topic) or nil
  parts[#parts + 1] = rest:sub(1, 1) ~= "." and function_help(topic) or nil
  if #parts > 0 then return session:write(table.concat(parts, "\n")) end
  local names = require("lunette.repl.commands").names()
  for _, each in ipairs(require("lunette").functions()) do names[#names + 1] = each.name end
  for _, doc in ipairs(require("lunette.docs").verbs()) do names[#names + 1] = doc.name end
  errors.raise("name", "no help on '%s'%s", topic, errors.meant(topic, names))
end

local function list(session, rest)
  local text, broken = require("lunette.commands.list").describe(rest ~= "" and rest or nil)
  session:write(text)
  for _, file in ipairs(broken) do session:say("%s is broken: %s", file.path, file.problems[1]) end
end

local function info(session, rest)
  if rest == "" then errors.raise("usage", ".info needs a plugin's name, or the path of its file") end
  session:write(width.safe(require("lunette.commands.info").describe(rest)))
end

---@type lunette.repl.Command[]
return {
  { name = "help", args = "[NAME]", takes = "topic", run = help, doc = "this text; or what a command, verb or function does" },
  { name = "list", alias = { "plugins" }, args = "[KIND]", takes = "kind", run = list,
    doc = "the plugins: analyses, sources, enrichments" },
  { name = "info", alias = { "plugin" }, args = "PLUGIN", takes = "plugin", run = info,
    doc = "what a plugin does, needs and takes" },
}
