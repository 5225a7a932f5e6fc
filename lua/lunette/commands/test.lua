-- lunette test [FILE|FOLDER…]: runs the examples and tests of plugins and counts them.
local core = require "lunette.core"
local args = require "lunette.args"
local errors = require "lunette.errors"
local width = require "lunette.width"

local test = {
  usage = "test [FILE.lua|FOLDER|NAME…]",
  doc = "Runs the examples and tests of plugins: of files, of all plugins in folders, or of those that Lunette finds. The last "
    .. "line is the count; ends with 1 if one fails.",
}

local function put(format, ...) io.stdout:write(width.safe(format:format(...)), "\n") end

local function add_folder(paths, folder)
  local names = core.list_folder(folder) or {}
  table.sort(names)
  for _, name in ipairs(names) do
    local path = folder .. "/" .. name
    if core.stat(path) == "folder" then
      add_folder(paths, path)
    elseif name:match "%.lua$" and require("lunette.checking").is_plugin(path) then
      paths[#paths + 1] = path
    end
  end
end

-- The files that words stand for.
local function files_of(words)
  local paths = {}
  local function add_found(name)
    local names, n = {}, #paths
    for _, found in ipairs(require("lunette.plugin").discover()) do
      if not name or found.name == name then paths[#paths + 1] = found.path end
      names[#names + 1] = found.name
    end
    if name and #paths == n then args.usage("no file, folder or plugin '%s'%s", name, errors.meant(name, names)) end
  end
  for _, word in ipairs(words) do
    local kind = core.stat(word)
    if kind == "folder" then
      add_folder(paths, (word:gsub("/+$", "")))
    elseif kind == "file" then
      paths[#paths + 1] = word
    else
      add_found(word)
    end
  end
  if #words == 0 then add_found() end
  return paths
end

local tally

local function verdict(name, problems)
  if #problems == 0 then
    tally.passed = tally.passed + 1
    return put("ok   %s", name)
  end
  tally.failed = tally.failed + 1
  put("FAIL %s", name)
  for _, text in ipairs(problems) do put("     %s", (text:gsub("\n", "\n     "))) end
end

local function test_file(path)
  local plugin, problems = require("lunette.plugin").load(path)
  if not plugin then return verdict(path, problems) end
  local example = require "lunette.example"
  local list = example.list(plugin)
  if #list == 0 then return put("none %s (it has no example)", plugin.name) end
  for _, one in ipairs(list) do
    local outcome = example.run(plugin, one)
    verdict(("%s: %s"):format(plugin.name, outcome.name), outcome.problems)
  end
end

---@param _ table
---@param words string[]
---@return integer
function test.run(_, words)
  local paths = files_of(words)
  tally = { passed = 0, failed = 0 }
  require("lunette.cli").session.phase = "work"
  for _, path in ipairs(paths) do test_file(path) end
  put("%d passed, %d failed", tally.passed, tally.failed)
  if tally.failed == 0 and tally.passed == 0 and #words > 0 then
    require("lunette.cli").say "there was nothing to test: a plugin's field 'example' says how it is run and what comes out"
    return 1
  end
  return tally.failed > 0 and 1 or 0
end

return test
