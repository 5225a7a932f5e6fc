-- lunette new NAME: a plugin's file to start from, with comments, an example and a test that pass.
local core = require "lunette.core"
local args = require "lunette.args"
local cli = require "lunette.cli"
local errors = require "lunette.errors"

local kinds = { analysis = true, source = true, enrich = true }

local new = {
  usage = "new NAME [--kind analysis|source|enrich] [-o FILE]",
  doc = "Writes a plugin to start from into NAME.lua: commented, with an example and a test that pass. Nothing is overwritten.",
  options = {
    { name = "--kind", arg = "KIND", read = args.choice(kinds),
      doc = "analysis (default): takes a query, gives a report; source: reads a file format; enrich: adds columns" },
    { name = "--output", short = "-o", arg = "FILE", doc = "the file to write, or the folder to write it in" },
  },
}

local places = { analysis = "analyses", source = "sources", enrich = "enrich" }

-- A name that could be meant by one that no plugin may have.
local function suggestion(name)
  local fixed = name:lower():gsub("%.lua$", ""):gsub("^.*/", ""):gsub("[^%l%d_]+", "_"):gsub("^[%d_]+", ""):gsub("_+$", "")
  return fixed ~= "" and (" (try '%s')"):format(fixed) or ""
end

local function template_of(kind)
  local path = require("lunette.docs").path("templates/" .. kind .. ".lua")
  local file, why = io.open(path, "r")
  if not file then errors.raise("io", "%s", why) end
  local text = file:read "a"
  file:close()
  return text
end

--- The text of a new plugin.
---@param name string
---@param kind string
---@return string
function new.text(name, kind) return (template_of(kind):gsub("my_hunt", name)) end

--- Raises unless a plugin may have that name.
---@param name string
function new.check_name(name)
  if not name:match "^%l[%l%d_]*$" then
    args.usage("'%s' can't be a plugin's name: lower-case letters, digits and _%s", name, suggestion(name))
  end
end

--- Writes a plugin's text into a file that isn't there yet; whoever has it written isn't asked whether it may run.
---@param path string
---@param text string
function new.write(path, text)
  if core.stat(path) then args.usage("%s exists, and nothing is overwritten; choose another name, or -o FILE", path) end
  core.write_bytes(path, text)
  require("lunette.known").add_own(path)
end

---@param options table<string, any>
---@param words string[]
function new.run(options, words)
  local name, kind = words[1], options.kind or "analysis"
  if not name or words[2] then args.usage "new needs one name: lunette new my_hunt" end
  new.check_name(name)
  local path = options.output or name .. ".lua"
  if core.stat(path) == "folder" or path:match "/$" then path = path:gsub("/*$", "/") .. name .. ".lua" end
  if path:match "([^/]*)$" ~= name .. ".lua" then
    args.usage("%s: a plugin's file is called as the plugin is: %s.lua", path, name)
  end
  new.write(path, new.text(name, kind))
  for _, taken in ipairs(require("lunette.plugin").names(kind)) do
    if taken == name then
      cli.say("there is a plugin '%s' already: once it is installed, yours is found in its place; until then it is ./%s.lua",
        name, name)
    end
  end
  local shown = path:find "/" and path or "./" .. path
  io.stdout:write(("written: %s\n"):format(path), args.describe {
    { ("lunette test %s"):format(shown), "runs its example and test" },
    { ("lunette check %s"):format(shown), "says what is wrong after a change, and where" },
    kind == "analysis" and { ("lunette run %s sample"):format(shown), "runs it on the bundled feed" }
      or { "docs/writing-plugins.md", "goes on from here" },
    { ("install -D %s ~/.config/lunette/plugins/%s/%s.lua"):format(shown, places[kind], name), "makes it known by its name" },
  })
end

return new
