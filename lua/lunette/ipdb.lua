-- Address databases (.mmdb): where they are found, and their values as columns of a query. Each database is opened
-- once; what was used is remembered for the report's provenance.
local core = require "lunette.core"
local errors = require "lunette.errors"
local access = require "lunette.access"
local query = require "lunette.query"
local lunette = require "lunette"

local ipdb = {}

---@class lunette.IpDatabase
---@field path string
---@field type string what the database says it is, such as "GeoLite2-City"
---@field description string
---@field build_time? lunette.Time nil for range files, which don't say it
---@field ip_version integer 4: it knows no IPv6
---@field left_out? integer rows of range files that are no ranges
---@field unsupported integer IPv6 addresses that were asked of a database of IPv4
local Database = {}
local meta = { __index = Database, __name = "lunette.ipdb", __metatable = "lunette.ipdb" }

-- The kinds of databases that are searched for: what the file's name contains, the variable, the option, the sample's.
local kinds = {
  geo = { words = { "city", "country" }, variable = "LUNETTE_GEO_DB", option = "--geo-db", sample = "sample-city.mmdb",
    types = { "city", "country", "enterprise" },
    what = "city or country database, such as GeoLite2-City.mmdb or dbip-city-lite.mmdb" },
  asn = { words = { "asn" }, variable = "LUNETTE_ASN_DB", option = "--asn-db", sample = "sample-asn.mmdb",
    types = { "asn", "isp", "enterprise" },
    what = "AS database, such as GeoLite2-ASN.mmdb, or CSV file of AS ranges" },
}

local opened = {} -- by path: what is known of a database, and its `handle`; never handed out
local record_of = setmetatable({}, { __mode = "k" }) -- by what was handed out: its entry of `opened`
local chosen = {} -- by kind: the path that the command line gave

--- What the command line says: this file is the database of that kind.
---@param kind "geo"|"asn"
---@param path string
function ipdb.choose(kind, path) chosen[kind] = path end

--- Takes the bundled sample's databases where none was given: for what is known to be the sample, but is a table in
--- memory by the time it is looked up.
function ipdb.choose_sample()
  for kind, about in pairs(kinds) do chosen[kind] = chosen[kind] or lunette.home .. "sample/" .. about.sample end
end

--- Every database that was asked so far, in the order of their paths.
---@return lunette.IpDatabase[]
function ipdb.used()
  local list = {}
  for _, path in ipairs(errors.keys(opened)) do
    if opened[path].asked then list[#list + 1] = opened[path] end
  end
  return list
end

-- AS ranges in CSV files stand where a database could.
local function open_ranges(path)
  local ranges = require("lunette.ipranges").open(path)
  opened[path] = { path = path, type = "AS ranges", description = "", ip_version = 6, unsupported = 0, ranges = ranges,
    left_out = ranges.left_out }
  opened[path].description = require("lunette.credits").description(opened[path])
  return opened[path]
end

local function open(path)
  if opened[path] then return opened[path] end
  if require("lunette.ipranges").is_path(path) then return open_ranges(path) end
  local handle = core.ipdb(path)
  local self = handle:info()
  self.description = require("lunette.credits").description(self)
  self.handle, self.unsupported = handle, 0
  opened[path] = self
  return self
end

-- An object of the caller's own: whatever it does to it stays with it.
local function hand_out(record)
  local out = {}
  for key, value in pairs(record) do
    if key ~= "handle" and key ~= "ranges" then out[key] = value end
  end
  record_of[out] = record
  return setmetatable(out, meta)
end

--- The folders that are searched, first to last.
---@return string[]
function ipdb.folders()
  return { require("lunette.folders").data() .. "/mmdb", "/usr/share/GeoIP", "/var/lib/GeoIP" }
end

local function name_fits(file, words)
  local lower = file:lower()
  if not lower:match "%.mmdb$" then return false end
  for _, word in ipairs(words) do
    if lower:find(word, 1, true) then return true end
  end
  return false
end

-- The newest database in a folder whose name fits; nil when there is none. One that can't be opened is passed over
-- where another can.
local function newest(folder, words)
  local best, problem
  for _, file in ipairs(core.list_folder(folder) or {}) do
    if name_fits(file, words) then
      local ok, db = pcall(open, folder .. "/" .. file)
      if not ok then
        problem = problem or db
      elseif not best or best.build_time < db.build_time then
        best = db
      end
    end
  end
  if not best and problem then error(problem, 0) end
  return best
end

-- AS ranges in a folder: all its files whose names say so, as IPv4 and IPv6 may be apart.
local function range_files(folder, words)
  local files = {}
  for _, file in ipairs(core.list_folder(folder) or {}) do
    local lower = file:lower()
    if lower:find(words[1], 1, true) and lower:find "%.[ct]sv%.?%w*$" then files[#files + 1] = folder .. "/" .. file end
  end
  table.sort(files)
  return files[1] and table.concat(files, ",")
end

--- Where the database of a kind is: its path, and how it was found; or nil.
---@param kind "geo"|"asn"
---@return string?, string?
function ipdb.find(kind)
  local about = kinds[kind]
  if chosen[kind] then return chosen[kind], about.option end
  local from_variable = os.getenv(about.variable)
  if from_variable and from_variable ~= "" then return from_variable, about.variable end
  for _, folder in ipairs(ipdb.folders()) do
    local db = newest(folder, about.words)
    if db then return db.path, folder end
    local files = kind == "asn" and range_files(folder, about.words)
    if files then return files, folder end
  end
end

-- Whether all that the query reads is the bundled sample, which brings databases of its own.
local function reads_sample(input)
  local plan, sample = input:explain(), require("lunette.read").sample_path()
  local _, scans = plan:gsub("scan csv: ", "")
  local from, n = 1, 0
  while true do
    local at = plan:find(sample, from, true)
    if not at then break end
    from, n = at + #sample, n + 1
  end
  return n > 0 and n >= scans and not plan:find("scan json: ", 1, true)
end

local function missing(kind)
  local about = kinds[kind]
  errors.raise("io", "no %s was found: lunette fetch geoip gets one, or give it with %s FILE or %s=FILE, or put it into %s",
    about.what, about.option, about.variable, table.concat(ipdb.folders(), ", "))
end

local function says_to_be(type_name, kind)
  for _, word in ipairs(kinds[kind].types) do
    if type_name:lower():find(word, 1, true) then return true end
  end
  return false
end

--- Whether a database that says to be `type_name` can be of a kind: only one that says to be of the other can't.
---@param kind "geo"|"asn"
---@param type_name string
---@return boolean
function ipdb.is_of(kind, type_name)
  return says_to_be(type_name, kind) or not says_to_be(type_name, kind == "geo" and "asn" or "geo")
end

-- What a database of that kind is, opened. One that says to be of the other kind has nothing to say of any address.
local function open_as(kind, path)
  if kind ~= "asn" and require("lunette.ipranges").is_path(path) then
    errors.raise_at(path, "argument", "positions come from a database (.mmdb); range files are for the enrichment asn")
  end
  local record = open(path)
  if record.handle and not ipdb.is_of(kind, record.type) then
    errors.raise_at(path, "argument", "the database says to be '%s', which is no %s", record.type, kinds[kind].what)
  end
  return record
end

--- The address database at `path`; without a path the one of that kind that is found (or the sample's, for a query
--- over the sample).
---@param kind "geo"|"asn"
---@param path? string
---@param input? lunette.Query what will be looked up
---@return lunette.IpDatabase
function ipdb.ip_database(kind, path, input)
  if not kinds[kind] then
    errors.raise("argument", "there is no kind of address database '%s'%s", tostring(kind),
      errors.meant(tostring(kind), errors.keys(kinds)))
  end
  if path and path ~= "" then
    for _, file in ipairs(require("lunette.ipranges").files(path)) do access.check("read", file) end
    return hand_out(open_as(kind, path))
  end
  if not chosen[kind] and query.is_query(input) and reads_sample(input) then
    return hand_out(open(lunette.home .. "sample/" .. kinds[kind].sample))
  end
  local found, how = ipdb.find(kind)
  local ok, record = pcall(open_as, kind, found or missing(kind))
  if ok then return hand_out(record) end
  if how ~= kinds[kind].variable or not core.is_error(record) then error(record, 0) end
  errors.raise(record.code, "%s (%s names it)", errors.text(record), how)
end

local field_keys = { name = true, type = true, paths = true }
local field_types = { bool = true, int = true, float = true, string = true }

local function check_fields(fields)
  if type(fields) ~= "table" or #fields == 0 then
    errors.raise("argument", "add takes a list of { name = \"country\", type = \"string\", paths = { \"country.iso_code\" } }")
  end
  for i, field in ipairs(fields) do
    errors.check_keys(("field %d of add"):format(i), field, field_keys)
    if type(field.name) ~= "string" or type(field.type) ~= "string" or type(field.paths) ~= "table" then
      errors.raise("argument", "field %d of add needs name, type and paths", i)
    end
    if not field_types[field.type] then
      errors.raise("argument", "the field '%s' of add can't be of type '%s'%s; there are %s", field.name, field.type,
        errors.meant(field.type, errors.keys(field_types)), table.concat(errors.keys(field_types), ", "))
    end
    if #field.paths == 0 then
      errors.raise("argument", "the field '%s' of add has no path, such as \"country.iso_code\"", field.name)
    end
  end
end

--- Columns that are there already keep their values under another name, so that nothing is lost.
---@param input lunette.Query
---@param fields { name: string }[]
---@return lunette.Query
function ipdb.make_room(input, fields)
  local names = {}
  for _, field in ipairs(fields) do
    local kept = field.name .. "_given"
    if input:has(field.name) then
      names[kept] = field.name
      if input:has(kept) then input = input:drop(kept) end
    end
  end
  if not next(names) then return input end
  local list = {}
  for _, new in ipairs(errors.keys(names)) do list[#list + 1] = ("%s = %s"):format(new, names[new]) end
  return input:rename(table.unpack(list))
end

-- A table in memory with the columns beside its own: no row moves.
local function add_to_table(input, column, fields, lookup)
  input = ipdb.make_room(input, fields):collect()
  local handle = input:handle()
  local names, all = {}, {}
  for i, each in ipairs(input:schema()) do names[i], all[i] = each.name, handle:column(each.name) end
  local columns = lookup(handle:column(column))
  for i, field in ipairs(fields) do names[#names + 1], all[#all + 1] = field.name, columns[i] end
  return query.of_table(core.table(names, all))
end

--- Adds columns of the database to a query, looked up by its ip column. Of a file each different address is looked up
--- once; a table in memory is looked up row by row. A column of the same name that the query has already stays as
--- `<name>_given`.
---@param input lunette.Query
---@param column string the name of the ip column
---@param fields { name: string, type: string, paths: string[] }[] paths are tried in order
---@return lunette.Query
function Database:add(input, column, fields)
  check_fields(fields)
  local record = record_of[self]
  if not record then errors.raise("argument", "add is called with a colon on what ip_database gave: db:add(…)") end
  if record.ranges then
    record.asked = true
    return require("lunette.ipranges").add(record.ranges, ipdb.make_room(input, fields), column)
  end
  local function lookup(addresses)
    local ok, columns, stats = pcall(record.handle.lookup, record.handle, addresses, fields)
    if not ok then
      opened[record.path] = nil -- it may have been written over: whoever asks again finds what is there by then
      error(columns, 0)
    end
    record.asked, record.unsupported = true, record.unsupported + stats.unsupported
    self.unsupported = record.unsupported
    return columns
  end
  if rawget(input, "_table") then return add_to_table(input, column, fields, lookup) end
  local addresses = input:select(column):filter(("not_null(`%s`)"):format(column)):distinct():collect()
  local columns = lookup(addresses:handle():column(1))
  local names, all = { column }, { addresses:handle():column(1) }
  for i, field in ipairs(fields) do
    names[i + 1], all[i + 1] = field.name, columns[i]
  end
  return ipdb.make_room(input, fields):join(query.of_table(core.table(names, all)), column, { kind = "left" })
end

return ipdb
