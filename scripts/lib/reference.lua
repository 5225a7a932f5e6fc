-- Makes the references from the docstrings of the sources: docs/reference-lua.md, docs/reference-c.md, and the declarations for
-- editors in lua/lunette/_meta. Fails for a public function without a docstring, and for one of C's that Lua can't reach.
-- Run by scripts/reference. The last line is `N passed, N failed`.

local root = arg[0]:match "^(.*)/scripts/lib/[^/]*$" or "."
package.path = root .. "/scripts/lib/?.lua;" .. package.path
local is_check = arg[1] == "--check"

local passed, failed = 0, 0
local function verdict(name, problems)
  if #problems == 0 then passed = passed + 1 else failed = failed + 1 end
  print((#problems == 0 and "ok   " or "FAIL ") .. name)
  for _, text in ipairs(problems) do print("     " .. text) end
end

local function content(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read "a"
  file:close()
  return text
end

-- Writes a file, or says that it isn't what would be written.
local function settle(path, text)
  local full = root .. "/" .. path
  if content(full) == text then return verdict(path .. " is up to date", {}) end
  if is_check then
    return verdict(path .. " is up to date", { "it isn't what the sources say: scripts/lint/docs --update writes it" })
  end
  local file = assert(io.open(full, "wb"))
  file:write(text)
  file:close()
  verdict("written: " .. path, {})
end

local lua = require "reference_lua"
local c = require "reference_c"

local pages, missing = lua.pages()
verdict("every public function of Lua has a docstring", missing)
for _, page in ipairs(pages) do settle(page.path, page.text) end
local text, undocumented, unbound = c.page(root)
verdict("every public declaration of C has a docstring", undocumented)
verdict("every public function of C can be reached from Lua", unbound)
settle("docs/reference-c.md", text)

print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0)
