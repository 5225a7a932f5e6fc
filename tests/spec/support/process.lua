-- What the specs share: running the executable, temporary files.
local support = {}

support.exe = os.getenv "LUNETTE_EXE" or "build/lunette"

--- The executable's path, good from any directory.
---@return string
function support.absolute()
  if support.exe:sub(1, 1) == "/" then return support.exe end
  return os.getenv "PWD" .. "/" .. support.exe
end

local made = {}

--- A path for a temporary file that `clean` removes.
---@param ending? string
---@return string
function support.temporary(ending)
  local path = os.tmpname()
  os.remove(path)
  path = path .. (ending or "")
  made[#made + 1] = path
  return path
end

--- A temporary file with that content.
---@param content string
---@param ending? string
---@return string
function support.file(content, ending)
  local path = support.temporary(ending)
  local file = assert(io.open(path, "wb"))
  file:write(content)
  file:close()
  return path
end

--- A temporary folder of files: { ["analyses/a.lua"] = "…" }.
---@param files table<string, string>
---@return string
function support.folder(files)
  local path = support.temporary()
  os.execute(("mkdir -p '%s'"):format(path))
  for name, content in pairs(files) do
    local folder = name:match "^(.*)/"
    if folder then os.execute(("mkdir -p '%s/%s'"):format(path, folder)) end
    local file = assert(io.open(path .. "/" .. name, "wb"))
    file:write(content)
    file:close()
  end
  return path
end

--- Removes what was made.
function support.clean()
  for _, path in ipairs(made) do os.execute(("rm -rf '%s'"):format(path)) end
  made = {}
end

---@param path string
---@return string
function support.content(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function quote(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

--- Runs the executable with words as its arguments: its output, messages and status. `options`: stdin = text,
--- env = { NAME = value }.
---@param words string[]
---@param options? { stdin?: string, env?: table<string, string> }
---@return { out: string, err: string, status: integer }
function support.run(words, options)
  options = options or {}
  local out, err = support.temporary(), support.temporary()
  local parts = { "env", "NO_COLOR=1", "COLUMNS=100", "LUNETTE_TRUST=scripts" } -- they are the specs' own
  local env = options.env or {}
  if not env.HOME and not env.XDG_CONFIG_HOME then parts[#parts + 1] = "XDG_CONFIG_HOME=/nonexistent" end -- nor the user's own
  for name, value in pairs(env) do parts[#parts + 1] = name .. "=" .. quote(value) end
  parts[#parts + 1] = quote(support.exe)
  for _, word in ipairs(words) do parts[#parts + 1] = quote(word) end
  local input = options.stdin and support.file(options.stdin) or "/dev/null"
  local command = ("%s < %s > %s 2> %s"):format(table.concat(parts, " "), quote(input), quote(out), quote(err))
  local _, _, status = os.execute(command)
  return { out = support.content(out), err = support.content(err), status = status }
end

return support
