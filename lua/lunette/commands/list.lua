-- lunette list [KIND]: the plugins there are, a line each; broken files are named on the standard error.
local cli = require "lunette.cli"
local args = require "lunette.args"
local plugins = require "lunette.plugin"
local width = require "lunette.width"

local kinds = { analysis = "analyses", source = "sources", enrich = "enrichments" }
local singular = { analyses = "analysis", sources = "source", enrichments = "enrich" }
local order = { "analysis", "source", "enrich" }

local list = {
  usage = "list [analysis|source|enrich]",
  doc = "Lists the plugins there are: those of LUNETTE_PLUGINS, of ~/.config/lunette/plugins, and the bundled ones.",
}

-- Loads every plugin file: the sound ones by kind; problems of the others are said.
local function load_all()
  local by_kind, broken = { analysis = {}, source = {}, enrich = {} }, {}
  for _, found in ipairs(plugins.discover()) do
    local plugin, problems = plugins.load(found.path, found.kind)
    if plugin then
      table.insert(by_kind[plugin.kind], plugin)
    else
      broken[#broken + 1] = { path = found.path, problems = problems }
    end
  end
  for _, each in pairs(by_kind) do table.sort(each, function(a, b) return a.name < b.name end) end
  return by_kind, broken
end
list.load_all = load_all

--- The plugins as text, and the files that are broken. Raises for a kind that there is none of.
---@param only? string
---@return string, { path: string, problems: string[] }[]
function list.describe(only)
  only = singular[only] or only
  if only then
    local ok, problem = args.choice(kinds)(only)
    if not ok then args.usage("'%s' %s", only, problem) end
  end
  local by_kind, broken = load_all()
  local parts = {}
  for _, kind in ipairs(order) do
    if (not only or only == kind) and #by_kind[kind] > 0 then
      local entries = {}
      for i, plugin in ipairs(by_kind[kind]) do entries[i] = { plugin.name, width.cell(plugin.summary) } end
      parts[#parts + 1] = kinds[kind] .. ":\n" .. args.describe(entries)
    end
  end
  return table.concat(parts, "\n"), broken
end

---@param _ table
---@param words string[]
function list.run(_, words)
  local text, broken = list.describe(words[1])
  io.stdout:write(cli.in_locale(text))
  for _, file in ipairs(broken) do cli.say("%s is broken: %s", file.path, file.problems[1]) end
end

return list
