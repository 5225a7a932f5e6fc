-- Reading: the raw readers, and the choice of the source plugin that knows a file.
local core = require "lunette.core"
local errors = require "lunette.errors"
local access = require "lunette.access"
local arguments = require "lunette.arguments"
local query = require "lunette.query"
local lunette = require "lunette"

local read = {}

local csv_options = { delimiter = "string", quote = "any", comment = "any", header = "boolean", header_comment = "string",
  record_pattern = "string", names = "table", types = "table", nulls = "table", all_strings = "boolean", member = "string",
  max_record_bytes = "number", nested_quotes = "boolean", allow_short = "boolean" }
local json_options = { records = "string", key_column = "string", types = "table", nulls = "table",
  list_separator = "string", list_items = "number", member = "string", all_strings = "boolean", max_record_bytes = "number" }

local arrow_options = { columns = "table", list_separator = "string", member = "string" }

-- Where the file is opened, for code that may read it.
local function check_path(verb, path)
  if type(path) ~= "string" or path == "" then
    errors.raise("argument", "%s takes a path, not %s", verb, path == "" and "an empty one" or "a " .. type(path))
  end
  return access.file(path)
end

--- Reads a CSV, TSV or otherwise delimited file ("-": the standard input), plain or compressed, without a source plugin.
--- Options: delimiter, quote, comment, header, header_comment (the comment that names the columns: another of its kind with
--- other names is an error), record_pattern (a regular expression: a record that it doesn't match is rejected), names,
--- types = { column = type }, nulls = { "", "None" }, all_strings, member (of an archive), max_record_bytes,
--- nested_quotes, allow_short.
---@param path string
---@param options? table
---@return lunette.Query
function read.csv(path, options)
  options = arguments.options("csv", options, csv_options)
  return access.opened(query.of(core.csv(check_path("csv", path), options)), path)
end

--- Reads a JSON document or JSON lines without a source plugin. Options: records, key_column, types, nulls,
--- list_separator (between the elements of lists, which become text: ","), list_items (how many elements of each list are
--- columns besides: `names.0`, `answers.0.rdata`), member, all_strings.
---@param path string
---@param options? table
---@return lunette.Query
function read.json(path, options)
  options = arguments.options("json", options, json_options)
  return access.opened(query.of(core.json(check_path("json", path), options)), path)
end

--- Reads an Arrow IPC file or stream (also called Feather), which is mapped into memory: a query reads only the columns
--- that it needs. Options: columns (the names of those to have; the others may then be of any type), list_separator (between
--- the elements of lists, which become text: ","), member (of an archive).
---@param path string
---@param options? { columns?: string[], list_separator?: string, member?: string }
---@return lunette.Query
function read.arrow(path, options)
  options = arguments.options("arrow", options, arrow_options)
  return access.opened(query.of(core.arrow(check_path("arrow", path), options)), path)
end

--- The beginning of a file's content, decompressed: what a source plugin looks at to see what it has.
---@param path string
---@param member? string of an archive
---@return string
function read.peek(path, member)
  return core.peek(check_path("peek", path), member)
end

--- The bundled sample's file.
---@return string
function read.sample_path() return lunette.home .. "sample/threatfox-sample.csv" end

-- The bundled inputs by name: their file under the home folder, and the source that reads it.
local bundled = {
  sample = { file = "sample/threatfox-sample.csv", source = "threatfox" },
  ["sample-log"] = { file = "sample/zeek-sample.log", source = "zeek" },
  ["sample-dns"] = { file = "sample/zeek-sample-dns.log", source = "zeek" },
}

--- Whether a path is the name of a bundled input, which everybody may read.
---@param path any
---@return boolean
function read.is_sample(path) return bundled[path] ~= nil end

--- The file that a name of a bundled input or of a kept feed stands for, and a bundled one's source; nil for any other
--- path.
---@param path string
---@return string? file, string? source
function read.bundled(path)
  local entry = bundled[path]
  if entry then return lunette.home .. entry.file, entry.source end
  return require("lunette.feed_input").file(path)
end

local function grant_for(source, path)
  return { plugin = source.name, read = { [path] = true }, write = {} }
end

-- Text in an encoding that nothing here reads, by its mark or by the zeros in every other byte of a mark-less one.
local function wide_encoding(head)
  local mark = head:sub(1, 2)
  if mark == "\xff\xfe" then return "UTF-16LE" elseif mark == "\xfe\xff" then return "UTF-16BE" end
  if head:find "^[^%z]%z[^%z]%z" then return "UTF-16LE" elseif head:find "^%z[^%z]%z[^%z]" then return "UTF-16BE" end
end

-- The source plugin that gives the file's beginning the highest score; among equals the first by name.
local function detect(path, options)
  local plugins = require "lunette.plugin"
  local head = core.peek(path, options and options.member)
  local best, best_score = nil, 0
  for _, source in ipairs(plugins.all "source") do
    local ok, score = pcall(access.with, grant_for(source, path), source.detect, head, path)
    if not ok then errors.raise_at(source.path, "format", "detect failed on '%s': %s", path, errors.text(score)) end
    if type(score) == "number" and score > best_score then best, best_score = source, score end
  end
  if best then return best end
  if head == "" then errors.raise("format", "%s is empty", path == "-" and "the standard input" or "'" .. path .. "'") end
  local wide = wide_encoding(head)
  if wide then
    errors.raise("format", "'%s' is %s text; convert it first: iconv -f %s -t UTF-8 IN > OUT", path, wide, wide)
  end
  errors.raise("format", "no source knows what '%s' is; name one (--source NAME, or the option source): %s", path,
    table.concat(plugins.names "source", ", "))
end

--- Reads one file by its source plugin: the query and the plugin.
---@param path string
---@param options? table
---@return lunette.Query, lunette.Plugin
function read.one(path, options)
  local forced = options and options.source
  local entry = bundled[path]
  if entry then
    path, forced = lunette.home .. entry.file, forced or entry.source
  elseif not forced then
    local kept, plugin = require("lunette.feed_input").open(path)
    if kept then return kept, plugin end
  end
  if path:match "^%l+://" and not core.stat(path) then
    errors.raise("argument", "'%s' is a URL, and files are read: get it first (curl -O), or keep a feed with lunette fetch", path)
  end
  local plugin_options = {}
  for key, value in pairs(options or {}) do
    if key ~= "source" then plugin_options[key] = value end
  end
  local source = forced and require("lunette.plugin").find("source", forced) or detect(path, options)
  local result = access.with(grant_for(source, path), source.read, path, plugin_options)
  if not query.is_query(result) then
    errors.raise_at(source.path, "format", "read gave a %s for '%s', not a query", type(result), path)
  end
  return query.copy(result), source
end

--- Reads files by the source plugins that know them. Of several, each column is of one type in all, and a column `source`
--- says where rows are from. Columns that became text for that are told to the command line's user.
---@param paths string[]
---@param options? table
---@return lunette.Input[]
function read.several(paths, options)
  local inputs = {}
  for i, path in ipairs(paths) do
    local query_of_path, source = read.one(path, options)
    inputs[i] = { path = path, source = source, query = query_of_path, rows = query_of_path }
  end
  if #inputs == 1 then return inputs end
  local notes = require("lunette.alike").line_up(inputs, options, function(path, again) return (read.one(path, again)) end)
  for _, note in ipairs(notes) do access.noted(note) end
  for _, input in ipairs(inputs) do
    if not input.rows:has "source" then input.rows = input.rows:derive("source = $path", { path = input.path }) end
  end
  return inputs
end

--- Reads a file, or several as one (their rows one after the other, with a column `source`), by the source plugin that
--- knows them. "sample" is the bundled feed, "sample-log" and "sample-dns" the bundled logs, "-" the standard input. Options: source (the
--- plugin's name); the rest
--- goes to the plugin.
---@param paths string|string[]
---@param options? table
---@return lunette.Query
function read.read(paths, options)
  if type(paths) == "string" then paths = { paths } end
  if type(paths) ~= "table" or #paths == 0 then errors.raise("argument", "read takes a path or a list of paths") end
  if options ~= nil and type(options) ~= "table" then
    errors.raise("argument", "read takes its options as a table, not as a %s", type(options))
  end
  for i, path in ipairs(paths) do
    if type(path) ~= "string" or path == "" then errors.raise("argument", "read: path %d is no path", i) end
    if not bundled[path] then access.check("read", path) end
  end
  local results = {}
  for i, input in ipairs(read.several(paths, options)) do
    access.opened(input.query, input.path)
    results[i] = input.rows
  end
  return query.concat(results)
end

return read
