-- The C reference from the public headers, and what of C Lua can't reach.

local reference = {}

-- Public functions that the binding has no use for, and why.
local not_for_lua = {
  lnt_error_where = "errors are made by the engine", lnt_error_span = "errors are made by the engine",
  lnt_table_import = "the Arrow C data interface is for programs in C", lnt_table_export = "the same",
  lnt_table_export_stream = "the same", lnt_plan_stream = "the same",
  lnt_expr_parse_definition = "plans parse their definitions", lnt_http_response_header = "Lua gets all headers as a table",
  lnt_scan_retain = "a scan keeps alive what it needs", lnt_plan_ref = "plans are userdata",
  lnt_schema_new = "tables and readers make schemas", lnt_schema_ref = "schemas become Lua tables",
  lnt_schema_unref = "schemas become Lua tables",
  lnt_csv_open = "Lua opens files that may be read in one pass (io/deferred.h)", lnt_json_open = "the same",
}

local function lines_of(path)
  local list = {}
  for line in io.lines(path) do list[#list + 1] = line end
  return list
end

local function headers_of(root)
  local list = {}
  for line in io.lines(root .. "/engine/include/lunette/lunette.h") do
    local name = line:match '#include "lunette/([%w_]+%.h)"'
    if name then list[#list + 1] = name end
  end
  list[#list + 1] = "repl.h" -- of the library that holds Lua
  return list
end

-- The declarations of a header in their order: { comment lines, code lines }; declarations right below one another share a comment.
local function parse(path)
  local file_text, items, comment, code, depth = {}, {}, {}, nil, 0
  local in_file_comment = false
  for _, line in ipairs(lines_of(path)) do
    local text = line:match "^%s*/// ?(.*)$"
    if code then
      code[#code + 1] = line
    elseif line:match "^/// @file" then
      in_file_comment = true
    elseif text and in_file_comment then
      file_text[#file_text + 1] = text
    elseif text then
      comment[#comment + 1] = text
    elseif line:match "^%s*$" then
      in_file_comment, comment = false, {}
    elseif line:match "^LNT_API" or line:match "^typedef" or line:match "^enum" or line:match "^static inline" then
      code = { line }
    elseif line:match "^#%s*define%s+LNT_[%u_]+" and #comment > 0 then
      items[#items + 1] = { comment = comment, code = { (line:gsub("%s*\\$", "")) }, line = 0 }
      comment = {}
    end
    if code then
      for c in code[#code]:gsub("///<.*$", ""):gmatch "[{}]" do depth = depth + (c == "{" and 1 or -1) end
      if depth == 0 and code[#code]:gsub("%s*///<.*$", ""):match "[;}]%s*$" then
        local previous = items[#items]
        if #comment == 0 and previous and previous.is_last then
          table.move(code, 1, #code, #previous.code + 1, previous.code)
        else
          items[#items + 1] = { comment = comment, code = code, is_last = true }
        end
        code, comment = nil, {}
      end
    elseif items[#items] and not text then
      items[#items].is_last = false
    end
  end
  return file_text, items
end

-- What the item declares: a function's or type's name.
local function names_of(item)
  local names, text = {}, table.concat(item.code, "\n")
  for name in text:gmatch "typedef struct [%w_]+ ([%w_]+);" do names[#names + 1] = name end
  if #names > 0 then return names end
  for name in text:gmatch "(lnt_[%w_]+)%s*%(" do names[#names + 1] = name end
  if text:match "^typedef" then names = { text:match "([%w_]+)%s*;[^;]*$" or text:match "%(%*([%w_]+)%)" } end
  if text:match "^typedef.-%(%*([%w_]+)%)" and not text:find "{" then names = { text:match "%(%*([%w_]+)%)" } end
  if text:match "^#" then names = { text:match "define%s+([%w_]+)" } end
  return names
end

-- `typedef struct x x;`: what it is, the functions on it say.
local function is_opaque(item)
  for _, line in ipairs(item.code) do
    if not line:match "^typedef struct [%w_]+ [%w_]+;$" then return false end
  end
  return true
end

local function sources_of(root)
  local out = {}
  local pipe = assert(io.popen(("cat '%s'/engine/lua/*.c '%s'/engine/cli/*.c"):format(root, root)))
  for name in pipe:read "a":gmatch "lnt_[%w_]+" do out[name] = true end
  pipe:close()
  return out
end

local heading = [[
# C reference

Made from the headers in `engine/include/lunette` by `scripts/reference`; change it there. Everything that can fail gives an
`lnt_status` and takes an `lnt_error *` last; the verb in a name tells ownership: `_new` and `_free`, `_ref` and `_unref`, `_get_` borrows.

```c
#include <lunette/lunette.h>
```
]]

--- The page; declarations without a docstring; functions that no file of the binding calls.
---@param root string
---@return string text, string[] undocumented, string[] unbound
function reference.page(root)
  local out, undocumented, unbound, bound = { heading }, {}, {}, sources_of(root)
  for _, header in ipairs(headers_of(root)) do
    local about, items = parse(root .. "/engine/include/lunette/" .. header)
    out[#out + 1] = ("## %s\n\n%s\n"):format(header, table.concat(about, "\n"))
    for _, item in ipairs(items) do
      local names, text = names_of(item), table.concat(item.code, "\n")
      if #item.comment == 0 and not text:find("///<", 1, true) and not is_opaque(item) then
        undocumented[#undocumented + 1] = ("%s: %s"):format(header, names[1] or item.code[1])
      end
      for _, name in ipairs(names) do
        if text:match "LNT_API" and not bound[name] and not not_for_lua[name] then
          unbound[#unbound + 1] = ("%s: %s (call it in engine/lua, or say in scripts/lib/reference_c.lua why not)"):format(header, name)
        end
      end
      local title = #names > 0 and "`" .. table.concat(names, "`, `") .. "`" or "`" .. item.code[1] .. "`"
      out[#out + 1] = ("### %s\n\n```c\n%s\n```\n\n%s\n"):format(title, text, table.concat(item.comment, "\n"))
    end
  end
  return (table.concat(out, "\n"):gsub("\n\n\n+", "\n\n"):gsub("\n*$", "\n")), undocumented, unbound
end

return reference
