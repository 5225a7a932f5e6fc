-- Feeds that are kept: a folder for each, with tables in Arrow files and a manifest that names the current generation of
-- them.
--
-- Invariants: a generation's files are written whole and never changed; the manifest takes its name last, after the disk
-- has everything that it names. So whoever is killed at any moment leaves the old state or the new one, and readers see
-- one generation. Writers hold the folder's lock; what an interrupted one left behind goes with the next write.
local core = require "lunette.core"
local errors = require "lunette.errors"
local query = require "lunette.query"

local archive = {}

local tables = { "current", "versions", "exports" }
local patience = 120 -- seconds that a writer waits for another one
local format_version = 1

---@class lunette.FeedState
---@field generation integer
---@field indicators integer
---@field versions integer
---@field exports integer how many were merged
---@field [string] any what the last fetch did (added, changed, unchanged, unlisted, rejected, merged_at, merged_from), and
---by part (as in `full.etag`) its url, etag, last_modified, checked_at

--- The folder that holds the feeds' folders.
---@return string
function archive.root()
  local chosen = os.getenv "LUNETTE_FEEDS"
  if chosen and chosen ~= "" then return chosen end
  return require("lunette.folders").data() .. "/feeds"
end

---@param name string
---@return string
function archive.folder(name) return archive.root() .. "/" .. name end

-- Makes a folder and those above it.
local function make_folders(path)
  local ok, message = require("lunette.folders").make(path)
  if not ok then errors.raise("io", "can't make the folder %s", message) end
end
archive.make_folders = make_folders

local function manifest_path(name) return archive.folder(name) .. "/archive.json" end

local function file_of(name, what, generation)
  return ("%s/%s-%d.arrow"):format(archive.folder(name), what, generation)
end

-- The generation that a file's name tells; nil for a file that is none of an archive's tables.
local function generation_of(file) return math.tointeger(tonumber(file:match "^%l+%-(%d+)%.arrow$")) end

-- What a generation's tables say of themselves; nil where one of them is missing or damaged.
local function described(name, generation)
  local state = { format = format_version, feed = name, generation = generation }
  local ok = pcall(function()
    local found = {}
    for _, what in ipairs(tables) do found[what] = query.of(core.arrow(file_of(name, what, generation), {})):collect() end
    state.indicators, state.versions, state.exports = #found.current, #found.versions, #found.exports
    state.newest = tostring(found.exports:group_by():agg("time = max(time)"):first().time)
  end)
  return ok and state or nil
end

-- The newest whole generation of an archive that lost its manifest. Whoever is killed in a first write leaves less than
-- that, and nothing to lose.
local function recovered(name)
  local highest = 0
  for _, file in ipairs(core.list_folder(archive.folder(name)) or {}) do highest = math.max(highest, generation_of(file) or 0) end
  for generation = highest, math.max(1, highest - 1), -1 do
    local state = described(name, generation)
    if state then return state end
  end
  if highest > 1 then
    errors.raise_at(manifest_path(name), "io", "the archive's manifest is missing, and its tables (%s and before) are damaged: "
      .. "bring back a copy of the folder, or move it away to begin anew", file_of(name, "versions", highest))
  end
end

-- The manifest's values; numbers as numbers.
local function read_manifest(name)
  local path = manifest_path(name)
  if core.stat(path) ~= "file" then return recovered(name) end
  local ok, row = pcall(function() return query.of(core.json(path, { all_strings = true })):first() end)
  local state = {}
  for key, value in pairs(ok and row or {}) do state[key] = math.tointeger(tonumber(value)) or value end
  if math.type(state.generation) ~= "integer" or state.format ~= format_version then
    errors.raise_at(path, "format", math.type(state.format) == "integer" and state.format > format_version
      and "this feed's archive is of a newer version of lunette"
      or "this isn't the manifest of a feed's archive; without it the newest whole tables beside it are taken: delete it")
  end
  return state
end

--- What is known of a feed's archive; nil when there is none.
---@param name string
---@return lunette.FeedState?
function archive.state(name) return read_manifest(name) end

--- The names of the feeds that are kept.
---@return string[]
function archive.names()
  local out = {}
  for _, name in ipairs(core.list_folder(archive.root()) or {}) do
    local ok, state = pcall(read_manifest, name)
    if state or not ok then out[#out + 1] = name end
  end
  table.sort(out)
  return out
end

--- The file of one of a feed's tables (current, versions, exports) in its current generation; nil where nothing is kept.
---@param name string
---@param what string
---@return string?
function archive.file(name, what)
  local state = read_manifest(name)
  if not state then return nil end
  local path = file_of(name, what, state.generation)
  if core.stat(path) == "file" then return path end
  state = read_manifest(name) -- a writer may have moved on in between
  return state and file_of(name, what, state.generation)
end

-- A table that can't be opened is damaged; those of the generation before are there still.
local function open_table(name, what, generation)
  local ok, handle = pcall(core.arrow, file_of(name, what, generation), {})
  if ok then return query.of(handle) end
  local before = generation > 1 and core.stat(file_of(name, "versions", generation - 1)) == "file"
  errors.raise("io", "the archive of %s is damaged: %s%s", name, errors.text(handle), before and
    ("; to go back to the state before, delete %s and %s"):format(manifest_path(name), file_of(name, what, generation)) or "")
end

--- One of a feed's tables as a query; nil where nothing is kept.
---@param name string
---@param what string
---@return lunette.Query?
function archive.open(name, what)
  local path = archive.file(name, what)
  return path and open_table(name, what, generation_of(path:match "[^/]*$"))
end

-- Removes what no manifest names: older generations but the last one (a reader may be opening it), and what an
-- interrupted writer left.
local function tidy(name, generation)
  local folder = archive.folder(name)
  for _, file in ipairs(core.list_folder(folder, true) or {}) do
    local number = generation_of(file)
    local is_stray = number and (number > generation or number < generation - 1) or file:match "%.part$"
    if is_stray then os.remove(folder .. "/" .. file) end
  end
end

-- Takes the feed's lock; waits for whoever has it.
local function take_lock(name, say)
  local path, started = archive.folder(name) .. "/lock", core.seconds()
  local lock, told = core.lock(path), false
  while not lock do
    if not told then say(("another process is writing the archive of %s; waiting for it"):format(name)) end
    told = true
    if core.seconds() - started > patience then
      errors.raise("io", "another process holds the archive of %s for more than %d s: try again later", name, patience)
    end
    core.sleep(0.05)
    lock = core.lock(path)
  end
  return lock
end

local function encode(state)
  local parts = {}
  for _, key in ipairs(errors.keys(state)) do
    parts[#parts + 1] = core.json_value(key) .. ":" .. core.json_value(state[key])
  end
  return "{" .. table.concat(parts, ",") .. "}\n"
end

local function quiet() end

--- Changes a feed's archive while no other process does. `fn(state or nil, open)` gets what is there (`open "versions"` is a
--- query) and returns the tables to write (nil: none changed) and the fields of the manifest to set (null: to take out).
---@param name string
---@param fn fun(state: lunette.FeedState?, open: fun(what: string): lunette.Query?): table<string, lunette.Query>?, table<string, any>
---@param say? fun(text: string)
---@return lunette.FeedState
function archive.update(name, fn, say)
  make_folders(archive.folder(name))
  local lock <close> = take_lock(name, say or quiet) -- luacheck: ignore 211
  local state = read_manifest(name)
  local changed, fields = fn(state, function(what) return state and open_table(name, what, state.generation) end)
  local after = { format = format_version, feed = name, generation = 0 }
  for key, value in pairs(state or {}) do after[key] = value end
  for key, value in pairs(fields) do after[key] = value ~= core.null and value or nil end
  if changed then
    after.generation = after.generation + 1
    tidy(name, after.generation - 1)
    for _, what in ipairs(tables) do changed[what]:write(file_of(name, what, after.generation)) end
  end
  core.write_durable(manifest_path(name), encode(after))
  tidy(name, after.generation)
  return after
end

return archive
