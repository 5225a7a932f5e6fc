-- The Lua reference and the declarations for editors, from the docstrings of lua/lunette.
local docs = require "lunette.docs"
local errors = require "lunette.errors"
local lunette = require "lunette"

local reference = {}

-- Of modules that are tables of `lunette`, the functions that are there for users; nil: all.
local public = { http = { request = true }, plugins = { find = true, names = true, all = true, roots = true, discover = true } }

local missing

-- ---- what there is ----

-- Every name of `lunette`: functions with their docs, tables of functions.
local function library()
  local list = {}
  for _, name in ipairs(getmetatable(lunette).__names()) do
    local value = lunette[name]
    if type(value) == "function" then
      list[#list + 1] = { name = "lunette." .. name, short = name, doc = docs.of(value) }
    elseif type(value) == "table" and not (getmetatable(value) or {}).__name then
      for _, key in ipairs(errors.keys(value)) do
        if type(value[key]) == "function" and (not public[name] or public[name][key]) then
          list[#list + 1] = { name = ("lunette.%s.%s"):format(name, key), short = key, table = name, doc = docs.of(value[key]) }
        end
      end
    end
  end
  for _, entry in ipairs(list) do
    if not entry.doc then missing[#missing + 1] = entry.name .. " has no docstring" end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

-- Every method of queries, documented or not.
local function methods()
  local list, query = {}, require "lunette.query"
  for _, name in ipairs(errors.keys(query.Query)) do
    if type(query.Query[name]) == "function" then
      local doc = docs.of(query.Query[name])
      if not doc then missing[#missing + 1] = ("q:%s has no docstring"):format(name) end
      list[#list + 1] = doc
    end
  end
  local agg = docs.verb "agg"
  for i, doc in ipairs(list) do
    if doc.name == "agg" and agg then list[i] = agg end
  end
  return list
end

-- ---- Markdown ----

local function escaped(text) return (text:gsub("|", "\\|"):gsub("\n", " ")) end

local function code(text) return "`" .. text:gsub("`", "'") .. "`" end

local function add_doc(out, title, doc)
  out[#out + 1] = ("### `%s`\n"):format(title)
  out[#out + 1] = doc.text .. "\n"
  if #doc.params > 0 then
    out[#out + 1] = "| parameter | type | |\n|---|---|---|"
    for _, param in ipairs(doc.params) do
      out[#out + 1] = ("| `%s` | %s | %s |"):format(param.name, escaped(code(param.type)), escaped(param.doc))
    end
    out[#out + 1] = ""
  end
  local returns = {}
  for _, each in ipairs(doc.returns) do
    returns[#returns + 1] = code(each.type) .. (each.doc ~= "" and " " .. each.doc or "")
  end
  if #returns > 0 then out[#out + 1] = "Gives " .. table.concat(returns, "; ") .. ".\n" end
end

local function parameters(doc) return doc.signature:match "%(.*%)$" end

-- A class: its text, its fields, its methods.
local function add_class(out, title, class, functions, prefix)
  out[#out + 1] = ("## %s\n"):format(title)
  if class and class.text ~= "" then out[#out + 1] = class.text:gsub("^%l", string.upper) .. ".\n" end
  if class and #class.fields > 0 then
    out[#out + 1] = "| field | type | |\n|---|---|---|"
    for _, field in ipairs(class.fields) do
      if field.name ~= "private" then
        out[#out + 1] = ("| `%s` | %s | %s |"):format(field.name, escaped(code(field.type)), escaped(field.doc))
      end
    end
    out[#out + 1] = ""
  end
  for _, doc in ipairs(functions) do add_doc(out, prefix .. doc.separator .. doc.name .. parameters(doc), doc) end
end

local function class_of(file, name)
  for _, class in ipairs(docs.classes(docs.path(file))) do
    if class.name == name then return class end
  end
end

-- The methods of a class in a file; says which lack a docstring.
local function functions_of(file, class, only)
  local list = {}
  for _, doc in ipairs(docs.parse(docs.path(file))) do
    if doc.class == class and doc.name:sub(1, 1) ~= "_" and (not only or only[doc.name]) then
      if not doc.is_documented then
        missing[#missing + 1] = ("%s:%d: %s%s%s has no docstring"):format(file, doc.line, class, doc.separator, doc.name)
      end
      list[#list + 1] = doc
    end
  end
  return list
end

local classes = {
  { "Time", "_meta/core.lua", "lunette.Time", "Time", "time" },
  { "Ip", "_meta/core.lua", "lunette.Ip", "Ip", "ip" },
  { "Column", "_meta/core.lua", "lunette.Column", "Column", "column" },
  { "Report", "report.lua", "lunette.Report", "Report", "report", { table = true, find_table = true } },
  { "Chart", "chart.lua", "lunette.Chart", "Chart", "chart" },
  { "Context of an analysis", "_meta/plugin.lua", "lunette.Context", "Context", "ctx" },
  { "Manifest of a plugin", "manifest.lua", "lunette.Plugin", "", "" },
  { "Parameter of a plugin", "params.lua", "lunette.Param", "", "" },
  { "Example of a plugin", "example.lua", "lunette.Example", "", "" },
  { "Address database", "ipdb.lua", "lunette.IpDatabase", "Database", "database" },
  { "Learner", "learn.lua", "lunette.Learner", "Learner", "learner" },
  { "Model", "learn.lua", "lunette.Model", "Model", "model" },
  { "Options of the prompt", "repl.lua", "lunette.repl.Options", "", "" },
  { "Error", "errors.lua", "lunette.Error", "", "" },
}

local kits = { "feed", "log", "ioc", "matching", "rhythm", "words", "cohosting", "classify" }

local function add_kits(out)
  out[#out + 1] = "## The kit\n\nWhat the bundled plugins share; any plugin can `require \"lunette.kit.…\"`.\n"
  for _, kit in ipairs(kits) do
    for _, doc in ipairs(functions_of("kit/" .. kit .. ".lua", kit)) do
      add_doc(out, ("kit.%s.%s%s"):format(kit, doc.name, parameters(doc)), doc)
    end
  end
end

local heading = [[
# Lua reference

Made from the sources' docstrings by `scripts/reference`; change it there. The expression language, its functions among it, is in
[language.md](language.md), writing plugins in [writing-plugins.md](writing-plugins.md).

```lua
local lunette = require "lunette"
```

## lunette

`lunette.version` is the version as text, `lunette.null` stands for null where nil can't: in columns and parameters.
]]

local function page(list, verbs)
  local out = { heading }
  for _, entry in ipairs(list) do
    if entry.doc then add_doc(out, entry.name .. parameters(entry.doc), entry.doc) end
  end
  out[#out + 1] = "## Query\n\nWhat reading gives, and every verb: lazy, immutable, cheap. Nothing runs until something looks at "
    .. "rows: `print`, `rows`, `collect`, `write`, `#q`.\n"
  for _, doc in ipairs(verbs) do add_doc(out, "q:" .. doc.name .. parameters(doc), doc) end
  for _, each in ipairs(classes) do
    add_class(out, each[1], class_of(each[2], each[3]), each[4] ~= "" and functions_of(each[2], each[4], each[6]) or {}, each[5])
  end
  add_kits(out)
  return (table.concat(out, "\n"):gsub("\n\n\n+", "\n\n"):gsub("\n*$", "\n"))
end

-- ---- declarations for editors ----

local function declaration(doc, name, separator)
  return table.concat(doc.raw, "\n") .. ("\nfunction %s%s end\n"):format(separator .. name, parameters(doc))
end

local function library_declarations(list)
  local out = { [[
---@meta lunette
-- The module `lunette` for the language server: what is loaded on first use, too. Made by scripts/reference. Never run.

---@class lunette
---@field version string
---@field null lunette.Null stands for null where nil can't: in columns and parameters
local lunette = {}
]] }
  local tables = {}
  for _, entry in ipairs(list) do
    if entry.table and not tables[entry.table] then
      tables[entry.table] = true
      out[#out + 1] = ("lunette.%s = {}\n"):format(entry.table)
    end
    if entry.doc then out[#out + 1] = declaration(entry.doc, entry.short, "lunette." .. (entry.table and entry.table .. "." or "")) end
  end
  out[#out + 1] = "return lunette\n"
  return table.concat(out, "\n")
end

local function query_declarations(verbs)
  local out = { [[
---@meta
-- Queries for the language server: verbs and results of all files in one class. Made by scripts/reference. Never run.

---@class lunette.Query
---@operator len: integer
local Query = {}

---@class lunette.Grouping
local Grouping = {}
]] }
  for _, doc in ipairs(verbs) do out[#out + 1] = declaration(doc, doc.name, "Query:") end
  out[#out + 1] = declaration(docs.verb "agg", "agg", "Grouping:")
  return table.concat(out, "\n")
end

--- The pages, and what has no docstring.
---@return { path: string, text: string }[], string[]
function reference.pages()
  missing = {}
  local list, verbs = library(), methods()
  local pages = {
    { path = "docs/reference-lua.md", text = page(list, verbs) },
    { path = "lua/lunette/_meta/lunette.lua", text = library_declarations(list) },
    { path = "lua/lunette/_meta/query.lua", text = query_declarations(verbs) },
  }
  return pages, missing
end

return reference
