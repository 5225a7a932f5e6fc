-- The library's docstrings, read from its own source files: what `.help` shows and the reference is made of.
local errors = require "lunette.errors"

local docs = {}

---@class lunette.Doc
---@field class string what stands before the name: "Query", "lunette", a module's table
---@field separator ":"|"."
---@field name string
---@field signature string name(parameters)
---@field summary string the first sentence
---@field text string all of it
---@field params { name: string, type: string, doc: string }[]
---@field returns { type: string, doc: string }[]
---@field raw string[] the comment's lines as they stand, tags included
---@field is_documented boolean
---@field file string
---@field line integer

-- A type ends at the first space outside of brackets that isn't beside | , : or =.
local function split_type(text)
  local depth, at = 0, 1
  while at <= #text do
    local c = text:sub(at, at)
    if c:find "[%(<{%[]" then depth = depth + 1 end
    if c:find "[%)>}%]]" then depth = depth - 1 end
    if c == " " and depth == 0 and not text:sub(at - 1, at - 1):find "[|,:]" and not text:sub(at + 1, at + 1):find "[|:]" then
      return text:sub(1, at - 1), text:sub(at + 1)
    end
    at = at + 1
  end
  return text, ""
end

local function first_sentence(text)
  local flat = text:gsub("\n", " ")
  return flat:match "^(.-[%.%?:])%s+%u" or flat
end

local function add_tag(doc, tag, rest)
  if tag == "param" then
    local name, after = rest:match "^(%S+)%s*(.*)$"
    local type_name, text = split_type(after)
    doc.params[#doc.params + 1] = { name = name, type = type_name, doc = text }
  elseif tag == "return" then
    local type_name, text = split_type(rest)
    doc.returns[#doc.returns + 1] = { type = type_name, doc = text }
  end
end

local function new_block() return { lines = {}, params = {}, returns = {}, raw = {}, is_documented = false } end

local function finish(block, class, separator, name, parameters, file, line)
  block.text = table.concat(block.lines, "\n")
  block.summary = first_sentence(block.text)
  block.class, block.separator, block.name, block.file, block.line = class, separator, name, file, line
  block.signature = ("%s(%s)"):format(name, parameters)
  return block
end

--- Every function with a name in a table that the file defines, in the file's order; `is_documented` says whether it has a
--- docstring.
---@param path string
---@return lunette.Doc[]
function docs.parse(path)
  local list, block, number = {}, new_block(), 0
  for line in io.lines(path) do
    number = number + 1
    local tag, rest = line:match "^%s*%-%-%-@(%a+)%s*(.*)$"
    local text = not tag and line:match "^%s*%-%-%- ?(.*)$"
    local class, separator, name, parameters = line:match "^%s*function%s+([%a_][%w_]*)([:%.])([%a_][%w_]*)%s*(%b())"
    if tag or text then block.raw[#block.raw + 1] = line:match "^%s*(.*)$" end
    if tag then
      add_tag(block, tag, rest)
    elseif text then
      block.lines[#block.lines + 1], block.is_documented = text, true
    elseif name then
      list[#list + 1] = finish(block, class, separator, name, parameters:sub(2, -2), path, number)
      block = new_block()
    else
      block = new_block()
    end
  end
  return list
end

--- The classes that a file declares: name, text, and its fields { name, type, doc }.
---@param path string
---@return { name: string, text: string, fields: { name: string, type: string, doc: string }[] }[]
function docs.classes(path)
  local list, text = {}, {}
  for line in io.lines(path) do
    local said = line:match "^%s*%-%-%- ?([^@].*)$"
    local name, rest = line:match "^%s*%-%-%-@class ([%w_%.]+)%s*(.*)$"
    local field, after = line:match "^%s*%-%-%-@field (%S+)%s+(.*)$"
    if name then
      rest = rest:gsub("^:%s*%S+%s*", "")
      if rest ~= "" then text[#text + 1] = rest end
      list[#list + 1] = { name = name, text = table.concat(text, "\n"), fields = {} }
      text = {}
    elseif field and #list > 0 then
      local type_name, doc = split_type(after)
      table.insert(list[#list].fields, { name = field, type = type_name, doc = doc })
    elseif said then
      text[#text + 1] = said
    else
      text = {}
    end
  end
  return list
end

--- The docstring of a function that runs here, found by where it is defined; nil where it has none.
---@param fn function
---@return lunette.Doc?
function docs.of(fn)
  local info = debug.getinfo(fn, "S")
  if info.what ~= "Lua" then return nil end
  for _, doc in ipairs(docs.parse(info.source:sub(2))) do
    if doc.line == info.linedefined then return doc.is_documented and doc or nil end
  end
end

local here = debug.getinfo(1, "S").source:match "^@(.*)docs%.lua$" or ""

--- The path of a file of the library.
---@param name string such as "query.lua"
---@return string
function docs.path(name) return here .. name end

local verbs

--- The documented methods of queries, sorted by name.
---@return lunette.Doc[]
function docs.verbs()
  if verbs then return verbs end
  local by_name = {}
  for _, file in ipairs { "query.lua", "reshape.lua", "results.lua", "joins.lua", "map.lua" } do
    local handle = io.open(here .. file)
    if handle then
      handle:close()
      for _, doc in ipairs(docs.parse(here .. file)) do
        if (doc.class == "Query" or doc.class == "Grouping") and doc.is_documented then by_name[doc.name] = by_name[doc.name] or doc end
      end
    end
  end
  verbs = {}
  for i, name in ipairs(errors.keys(by_name)) do verbs[i] = by_name[name] end
  return verbs
end

--- The documented method of that name, or nil.
---@param name string
---@return lunette.Doc?
function docs.verb(name)
  for _, doc in ipairs(docs.verbs()) do
    if doc.name == name then return doc end
  end
end

return docs
