-- lunette complete WORD…: what can stand for the last word of a command line, a line each, for the shells' completion
-- scripts. Nothing: a file name. Not in the help: nobody types it.
local cli = require "lunette.cli"
local output = require "lunette.output"
local plugins = require "lunette.plugin"

local complete = { usage = "complete WORD…", doc = "What can stand for the last word of a command line, for shells." }

-- Option arguments that aren't files.
local choices = {
  ["--format"] = function() return require("lunette.errors").keys(output.formats) end,
  ["--source"] = function() return plugins.names "source" end,
  ["--enrich"] = function() return plugins.names "enrich" end,
  ["--only"] = function() return plugins.names "analysis" end,
  ["--plugin"] = function() return plugins.names "analysis" end,
  ["--kind"] = function() return { "analysis", "source", "enrich" } end,
  ["--tlp"] = function() return { "clear", "green", "amber", "amber+strict", "red" } end,
}

local function options_of(command)
  local found = {}
  for _, list in ipairs { command and command.options or {}, cli.options } do
    for _, option in ipairs(list) do found[#found + 1] = option end
  end
  return found
end

-- The option that `word` is, if it wants an argument.
local function wants_argument(command, word)
  for _, option in ipairs(options_of(command)) do
    if word and option.arg and (option.name == word or option.short == word) then return option.name end
  end
end

local function names_of_options(command)
  local names = {}
  for i, option in ipairs(options_of(command)) do names[i] = option.name end
  return names
end

local function every_plugin()
  local names = {}
  for _, kind in ipairs { "analysis", "source", "enrich" } do
    for _, name in ipairs(plugins.names(kind)) do names[#names + 1] = name end
  end
  return names
end

-- The words of a run: the plugin, then its parameters and inputs; a parameter's values behind its equals sign.
local function of_run(place, words, last)
  if place == 1 then return plugins.names "analysis" end
  local parameter = last:match "^([%a_][%w_]*)="
  if parameter then
    local values = require("lunette.repl.offers").values(words[1], parameter) or { "sample" }
    for i, value in ipairs(values) do values[i] = parameter .. "=" .. value end
    return values
  end
  local known, plugin = pcall(plugins.find, "analysis", words[1])
  local names = { "sample" }
  for name in pairs(known and plugin.params or {}) do names[#names + 1] = name .. "=" end
  return names
end

-- What can stand at a command's place-th word that is no option.
local positions = {
  run = of_run,
  test = every_plugin,
  info = function(place) return place == 1 and every_plugin() or {} end,
  list = function(place) return place == 1 and { "analysis", "source", "enrich" } or {} end,
  fetch = function(place) return place == 1 and plugins.names "source" or {} end,
  report = function() return { "sample" } end,
  convert = function(place) return place == 1 and { "sample" } or {} end,
}

-- The words of the command that are neither options nor their arguments, without the last, which is being typed.
local function plain_words(command, words)
  local plain, i = {}, 2
  while i < #words do
    if wants_argument(command, words[i]) then i = i + 1
    elseif words[i]:sub(1, 1) ~= "-" then plain[#plain + 1] = words[i] end
    i = i + 1
  end
  return plain
end

--- Candidates for the last of the words that follow the program's name, sorted; none where a file is wanted.
---@param words string[]
---@return string[]
function complete.candidates(words)
  local last, name = words[#words] or "", words[1]
  local candidates
  local command = #words > 1 and cli.commands[name] and require("lunette.commands." .. name) or nil
  local choice = wants_argument(command, words[#words - 1])
  if choice then
    candidates = choices[choice] and choices[choice]() or {}
  elseif last:sub(1, 1) == "-" then
    candidates = names_of_options(command)
  elseif #words <= 1 then
    candidates = { "sample" }
    for each in pairs(cli.commands) do candidates[#candidates + 1] = each end
  else
    local plain = plain_words(command, words)
    candidates = positions[name] and positions[name](#plain + 1, plain, last) or {}
  end
  local fitting = {}
  for _, candidate in ipairs(candidates) do
    if candidate:sub(1, #last) == last then fitting[#fitting + 1] = candidate end
  end
  table.sort(fitting)
  return fitting
end

---@param words string[]
function complete.run(words)
  for _, candidate in ipairs(complete.candidates(words)) do io.stdout:write(candidate, "\n") end
  return 0
end

return complete
