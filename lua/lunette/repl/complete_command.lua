-- Completion behind a dot: commands' names, and what each command takes.
local core = require "lunette.core"
local offers = require "lunette.repl.offers"
local query = require "lunette.query"

local complete_command = {}

local function query_names(env)
  local names = {}
  while type(env) == "table" do
    for key, value in next, env do
      if type(key) == "string" and query.is_query(value) then names[#names + 1] = key end
    end
    local meta = debug.getmetatable(env)
    env = meta and rawget(meta, "__index")
  end
  return names
end

-- The values that the parameter `name` of an analysis may have, as name=value.
local function values_of(plugin_name, name, text)
  local values = offers.values(plugin_name, name) or offers.inputs(text)
  for i, each in ipairs(values) do values[i] = name .. "=" .. each end
  return values
end

local takes = {}

function takes.file(word) return offers.inputs(word) end

function takes.switch() return { "on", "off" } end

function takes.kind() return { "analysis", "source", "enrich" } end

function takes.plugin(word) return offers.plugins(nil, word) end

function takes.topic()
  local names = require("lunette.repl.commands").names()
  for _, each in ipairs(core.functions()) do names[#names + 1] = each.name end
  for _, doc in ipairs(require("lunette.docs").verbs()) do names[#names + 1] = doc.name end
  names[#names + 1], names[#names + 2] = "functions", "verbs"
  return names
end

function takes.setting(_, done)
  local settings, names = require "lunette.repl.settings", {}
  for i, each in ipairs(settings.list) do
    names[i] = each.name
    if each.name == done[1] then
      return type(each.default) == "boolean" and each.name ~= "width" and { "on", "off" } or { settings.text(each.name, each.default) }
    end
  end
  return #done == 0 and names or {}
end

function takes.run(word, done, world)
  if #done == 0 then return offers.plugins("analysis", word) end
  local name, text = word:match "^([%a_][%w_]*)=(.*)$"
  if name then return values_of(done[1], name, text) end
  local names = query_names(world.env)
  table.move(offers.parameters("analysis", done[1], "="), 1, 1000, #names + 1, names)
  return table.move(offers.inputs(word), 1, 10000, #names + 1, names)
end

-- The word that is being typed, as it stands there, and those before it.
local function last_word(rest)
  local next_word, done, at = require("lunette.repl.commands").word, {}, 1
  while true do
    local word, behind = next_word(rest, at)
    if not word then return "", done end
    if behind > #rest then return rest:match("%S.*", at), done end
    done[#done + 1], at = word, behind
  end
end

--- What can stand at the end of a line that starts with a dot: where the word starts, and the candidates for it; or, for
--- a command that takes Lua, where that starts.
---@param head string the line up to the cursor
---@param world lunette.repl.World
---@return integer? first, string[]? candidates, integer? expression_at
function complete_command.at(head, world)
  local lead, name = head:match "^(%s*)%.([%w_]*)$"
  if name then
    local names = {}
    for i, each in ipairs(require("lunette.repl.commands").names()) do names[i] = "." .. each end
    return #lead + 1, names
  end
  local before, rest = head:match "^(%s*%.[%w_]+%s+)(.*)$"
  if not before then return nil end
  local command = require("lunette.repl.commands").find(before:match "%.([%w_]+)")
  if not command or not command.takes then return nil end
  if command.takes == "query" then return nil, nil, #before + 1 end
  local word, done = last_word(rest)
  if command.takes ~= "run" and command.takes ~= "setting" and #done > 0 then return nil end
  local names = takes[command.takes](word:gsub("\\(%s)", "%1"), done, world)
  for i, each in ipairs(names) do names[i] = each:gsub("%s", "\\%0") end
  return #head - #word + 1, names
end

return complete_command
