-- What the user lets code from outside do: by --allow and --trust, by an answer at the terminal, or by an earlier
-- answer, which is remembered by the content's hash. A file that Lunette wrote for the user is the user's own, also once
-- it was changed, for as long as it asks for nothing.
local core = require "lunette.core"
local access = require "lunette.access"
local cli = require "lunette.cli"
local errors = require "lunette.errors"
local known = require "lunette.known"
local width = require "lunette.width"

local grants = {}

local kinds = { "read", "write", "net", "secrets" }
local meanings = { read = "reads this file", write = "writes this file", net = "asks this host", secrets = "uses this secret" }

-- What the command line says; nil: nothing.
---@type { all?: boolean, items?: table<string, table<string, boolean>>, trust?: boolean }
local given = {}

--- Reads the value of --allow: "net=ip-api.com,read=/etc/hosts", "all", "none".
---@param text string
---@return table<string, table<string, boolean>>|string|nil, string?
function grants.read_allow(text)
  if text == "all" or text == "none" then return text end
  local out, kind = {}, nil
  for word in text:gmatch "[^,]+" do
    local name, value = word:match "^(%l+)=(.+)$"
    if name then kind = name end
    if not kind or not meanings[kind] then
      return nil, ("isn't net=HOST, read=PATH, write=PATH, secrets=NAME (with commas between), all or none%s"):format(
        kind and errors.meant(kind, kinds) or "")
    end
    value = value or word
    if kind == "read" or kind == "write" then value = access.plain_path(value) end
    if kind == "net" then value = value:lower() end
    out[kind] = out[kind] or {}
    out[kind][value] = true
  end
  return out
end

--- Takes what the command line says.
---@param allowed? (table|string)[] what read_allow gave, for each --allow
---@param trust? boolean
function grants.choose(allowed, trust)
  given.trust = given.trust or trust
  for _, one in ipairs(allowed or {}) do
    given.items = given.items or {}
    given.all = given.all or one == "all"
    for kind, set in pairs(type(one) == "table" and one or {}) do
      given.items[kind] = given.items[kind] or {}
      for name in pairs(set) do given.items[kind][name] = true end
    end
  end
end

--- Whether plugins and scripts from outside run as the user's own.
---@param what "plugin"|"script"
---@return boolean
function grants.trusts(what)
  local from_variable = os.getenv "LUNETTE_TRUST"
  return given.trust or from_variable == "all" or what == "script" and from_variable == "scripts"
end

--- Whether --allow gives this, whatever asks for it.
---@param kind "read"|"write"|"net"|"secrets"
---@param name string
---@return boolean
function grants.gives(kind, name)
  if given.all then return true end
  return access.with({ plugin = "", [kind] = given.items and given.items[kind] or {} }, access.may, kind, name)
end

-- ---- asking ----

local function remember(what, hash, path)
  local ok, why = known.add(what, hash, path)
  if not ok then cli.say("the answer can't be remembered: %s", why) end
end

local function can_ask() return core.is_terminal(0) and core.is_terminal(2) end

-- The question as it is, and whether the answer was yes. An end of input is no; Ctrl-C ends what asked.
local function ask(lines, question)
  require("lunette.progress").clear()
  for _, line in ipairs(lines) do io.stderr:write(width.cell(line), "\n") end -- no text of the plugin's starts a line
  io.stderr:write(question, " [y/N] ")
  io.stderr:flush()
  local line, why = core.read_line(io.stdin)
  if why == "interrupted" then error(why, 0) end
  return line ~= nil and line:lower():match "^%s*y" ~= nil
end

-- What a source's field `fetch` asks for: its hosts, and the secrets that are sent to them.
local function add_fetched(plugin, wanted)
  for _, part in pairs(plugin.fetch and plugin.fetch.parts or {}) do
    local host = part.url:match "^%l+://([^/?#]*)":gsub("^.*@", ""):gsub(":%d+$", "")
    if host == "" or host:find "[{}*]" then
      errors.raise_at(plugin.path, "argument", "the host of the URL %s must be written out", part.url)
    end
    table.insert(wanted.net, host)
    local texts = { part.url, part.body or "" }
    for _, text in pairs(part.headers or {}) do texts[#texts + 1] = text end
    for _, text in ipairs(texts) do
      for name in text:gmatch "{secret:([%w_]+)%??}" do table.insert(wanted.secrets, name) end
    end
  end
end

-- What a manifest asks for: as sets, and as text.
local function asked_for(plugin)
  local sets, texts, wanted = { plugin = plugin.name }, {}, {}
  for _, kind in ipairs(kinds) do
    local list = (plugin.permissions or {})[kind] or {}
    wanted[kind] = table.move(list, 1, #list, 1, {})
  end
  add_fetched(plugin, wanted)
  for _, kind in ipairs(kinds) do
    sets[kind] = {}
    for _, name in ipairs(wanted[kind]) do
      if kind == "read" or kind == "write" then name = access.plain_path(name) end
      if kind == "net" then name = name:lower() end
      if not sets[kind][name] then texts[#texts + 1] = kind .. "=" .. name end
      sets[kind][name] = true
    end
  end
  return sets, table.concat(texts, ",")
end

--- What a plugin asks for, as entries for people: { name, what for }.
---@param plugin lunette.Plugin
---@return { [1]: string, [2]: string }[]
function grants.describe(plugin)
  local sets, out = asked_for(plugin), {}
  for _, kind in ipairs(kinds) do
    for _, name in ipairs(errors.keys(sets[kind])) do
      local is_folder = (kind == "read" or kind == "write") and name:sub(-1) == "/"
      out[#out + 1] = { kind .. "=" .. name, is_folder and kind .. "s files below this folder" or meanings[kind] }
    end
  end
  return out
end

-- Of what is asked for, what --allow gives.
local function allowed_of(sets)
  if given.all then return sets end
  local out = { plugin = sets.plugin }
  for _, kind in ipairs(kinds) do
    out[kind] = {}
    local before = { plugin = sets.plugin, [kind] = given.items[kind] or {} }
    for name in pairs(sets[kind]) do
      out[kind][name] = access.with(before, access.may, kind, name) or nil
    end
  end
  return out
end

-- Where the paths of a grant lead, as far as their names don't say it.
local function links(sets)
  local out, here = {}, (core.real_path "." or "") .. "/"
  for _, kind in ipairs { "read", "write" } do
    for _, name in ipairs(errors.keys(sets[kind])) do
      local real = core.real_path(name)
      local named = (name:sub(1, 1) == "/" and name or here .. name):gsub("(.)/$", "%1")
      if real and real ~= named then out[#out + 1] = ("  %s leads to %s"):format(name, real) end
    end
  end
  return out
end

local function question(plugin, file, hash, sets, texts)
  local lines = { ("%s is new here: %s %s, %s"):format(file.path, plugin.name, plugin.version, plugin.summary),
    "  it asks for: " .. (texts == "" and "nothing but its input" or texts:gsub(",", ", ")) }
  for _, line in ipairs(links(sets)) do lines[#lines + 1] = line end
  lines[#lines + 1] = "  SHA-256 " .. hash
  return lines
end

local decisions = {} -- by content: { grant } or { nil, why not }

-- The grant of a plugin, or nil and why it has none.
local function decide(plugin, file)
  local sets, texts = asked_for(plugin)
  if given.items then return allowed_of(sets) end
  if texts == "" and known.is_own(file.path) then return sets end
  local hash = known.hash(file.text)
  if known.has("plugin", hash) then return sets end
  if can_ask() then
    if ask(question(plugin, file, hash, sets, texts), "run it, now and later?") then
      remember("plugin", hash, file.path)
      return sets
    end
    return nil, "it was not run: the answer was no"
  end
  if texts ~= "" then
    return nil, ("it isn't known here, and asks for %s: --allow %s gives it that, --allow none runs it without; in a "
      .. "terminal it can be allowed for good"):format(texts, texts)
  end
  if not cli.session.quiet then cli.say("%s is new here; it asks for nothing, and runs confined", file.path) end
  return sets
end

-- Nobody is asked twice about one content.
local function decision(plugin, file)
  local made = decisions[file.text]
  if made then return made, false end
  made = table.pack(decide(plugin, file))
  decisions[file.text] = made
  return made, true
end

--- What a plugin from outside may do; nil where the user doesn't want it to run, which is said once.
---@param plugin lunette.Plugin
---@param file { path: string, text: string }
---@return lunette.Grant?
function grants.try(plugin, file)
  local made, is_new = decision(plugin, file)
  if not made[1] and is_new then cli.say("%s is left out: %s", file.path, made[2]) end
  return made[1]
end

--- The same; raises where it may not run.
---@param plugin lunette.Plugin
---@param file { path: string, text: string }
---@return lunette.Grant
function grants.of(plugin, file)
  local made = decision(plugin, file)
  if not made[1] then errors.raise_at(file.path, "argument", "%s", made[2]) end
  return made[1]
end

--- How a script runs: nil as the user's own, with all rights; else confined, with this grant.
---@param file { path: string, text: string }
---@return lunette.Grant?
function grants.of_script(file)
  if grants.trusts "script" or core.is_system_file(file.path) then return nil end
  local hash = known.hash(file.text)
  local grant = { plugin = file.path, what = "script", read = {}, write = {}, net = {}, secrets = {} }
  for kind, set in pairs(given.items or {}) do
    for name in pairs(set) do grant[kind][name] = true end
  end
  if given.items then return grant end
  if known.has("script", hash) then return nil end
  if not can_ask() then return grant end
  local lines = { file.path .. " is a script that isn't known here.",
    "  Trusted, it can do all that you can. Confined, it gets the files named behind it, and nothing else.",
    "  SHA-256 " .. hash }
  if not ask(lines, "trust it, now and later?") then return grant end
  remember("script", hash, file.path)
end

return grants
