-- lunette info NAME: what a plugin does, needs and takes.
local core = require "lunette.core"
local args = require "lunette.args"
local cli = require "lunette.cli"
local errors = require "lunette.errors"
local plugins = require "lunette.plugin"
local width = require "lunette.width"

local info = {
  usage = "info NAME|FILE.lua",
  doc = "Says what a plugin does, which columns it needs, which parameters it takes, and how it is called.",
}

local kinds = { "analysis", "source", "enrich" }

-- The plugins that a name or path stands for: an analysis and an enrichment may share a name.
local function find(name)
  if name:find("/", 1, true) or name:match "%.lua$" then
    if core.stat(name) ~= "file" then args.usage("no plugin file '%s'", name) end
    return { plugins.load_or_raise(name) }
  end
  local names, found = {}, {}
  for _, kind in ipairs(kinds) do
    for _, each in ipairs(plugins.names(kind)) do
      if each == name then found[#found + 1] = plugins.find(kind, name) end
      names[#names + 1] = each
    end
  end
  if #found > 0 then return found end
  args.usage("no plugin '%s'%s; lunette list shows what there is", name, errors.meant(name, names))
end

-- A parameter's type, limits and default in words.
local function describe_param(spec)
  local notes = { spec.type }
  if spec.choices then
    local texts = {}
    for i, choice in ipairs(spec.choices) do texts[i] = tostring(choice) end
    notes[#notes + 1] = "one of " .. table.concat(texts, ", ")
  end
  if spec.min ~= nil then notes[#notes + 1] = "at least " .. tostring(spec.min) end
  if spec.max ~= nil then notes[#notes + 1] = "at most " .. tostring(spec.max) end
  if spec.default ~= nil then notes[#notes + 1] = "default " .. tostring(spec.default) end
  if spec.required then notes[#notes + 1] = "required" end
  return ("%s (%s)"):format(spec.doc, table.concat(notes, ", "))
end

local reflow = args.reflow

local function section(title, entries)
  return #entries > 0 and ("\n%s:\n%s"):format(title, args.describe(entries)) or ""
end

local function entries_of(map, describe)
  local out = {}
  for i, name in ipairs(errors.keys(map or {})) do out[i] = { name, describe(map[name]) } end
  return out
end

-- The parts of a feed that can be fetched: what they are, from where, with which parameters.
local function fetch_section(plugin)
  if not plugin.fetch then return "" end
  local feeds = require "lunette.feed_fetch"
  return section(("can be fetched (lunette fetch %s PART; default %s)"):format(plugin.name, plugin.fetch.default),
    entries_of(plugin.fetch.parts, function(part)
      local notes = { part.doc }
      for _, name in ipairs(errors.keys(part.params or {})) do
        notes[#notes + 1] = ("%s=…: %s"):format(name, describe_param(part.params[name]))
      end
      for name, each in pairs(plugin.fetch.parts) do
        if each == part then notes[#notes + 1] = "From " .. feeds.url(plugin, name) end
      end
      return table.concat(notes, " ")
    end))
end

local function itself(text) return text end

local function example_line(plugin)
  local example = plugin.example
  if plugin.kind ~= "analysis" then return nil end
  local words = { "lunette run", plugin.name, example and example.input or "sample" }
  for _, name in ipairs(errors.keys(example and example.params or {})) do
    words[#words + 1] = name .. "=" .. tostring(example.params[name])
  end
  return table.concat(words, " ")
end

--- The parameters of a plugin, as its help shows them; "" where it has none.
---@param plugin lunette.Plugin
---@return string
function info.parameters(plugin) return section("parameters", entries_of(plugin.params, describe_param)) end

local function describe(plugin)
  local parts = { ("%s %s (%s)\n%s\n"):format(plugin.name, plugin.version, plugin.kind, reflow(plugin.summary)) }
  local function put(text) parts[#parts + 1] = text end
  if plugin.description then put("\n" .. reflow((plugin.description:gsub("%s+$", ""))) .. "\n") end
  put(section("columns it needs", entries_of(plugin.input, itself)))
  put(section("columns it uses if they are there", entries_of(plugin.optional, itself)))
  put(section("columns it adds", entries_of(plugin.columns, itself)))
  put(section("what it asks for", require("lunette.grants").describe(plugin)))
  put(info.parameters(plugin))
  put(fetch_section(plugin))
  local example = example_line(plugin)
  if example then put("\nexample:\n  " .. example .. "\n") end
  for i, reference in ipairs(plugin.references or {}) do
    put((i == 1 and "\nreferences:\n  " or "  ") .. reference .. "\n")
  end
  put("\nfile: " .. plugin.path .. "\n")
  return table.concat(parts)
end

--- What is to be said about the plugins that a name or path stands for.
---@param name string
---@return string
function info.describe(name)
  local texts = {}
  for i, plugin in ipairs(find(name)) do texts[i] = describe(plugin) end
  return table.concat(texts, "\n")
end

---@param _ table
---@param words string[]
function info.run(_, words)
  if #words ~= 1 then args.usage "info needs one plugin's name, or the path of its file" end
  io.stdout:write(cli.in_locale(width.safe(info.describe(words[1]))))
end

return info
