-- lunette run PLUGIN [INPUT…] [name=value…]: runs an analysis and writes its report.
local core = require "lunette.core"
local cli = require "lunette.cli"
local args = require "lunette.args"
local errors = require "lunette.errors"
local output = require "lunette.output"

local run = {
  usage = "run PLUGIN|FILE.lua [INPUT…] [name=value…] [-o FILE] [--format FORMAT] [--table NAME]",
  doc = [[
Runs an analysis on an input: a file, - for the standard input, or sample. Several inputs are read as one, with a
column `source` that says where each row is from. Words of the form name=value are the plugin's parameters (lunette
info PLUGIN lists them); write a file with such a name as ./name=value.]],
  options = {
    { name = "--output", short = "-o", arg = "FILE",
      doc = "write into FILE; its ending says the format. A folder (or FILE/) gets a file for each table" },
    { name = "--format", arg = "FORMAT", read = args.choice(output.formats),
      doc = "table (default), csv, tsv, json, ndjson or md" },
    { name = "--table", arg = "NAME", doc = "the one table to write (default with csv, tsv, ndjson: the first)" },
    { name = "--raw", doc = "don't put ' before text that a spreadsheet would run as a formula" },
    { name = "--enrich", arg = "A,B", doc = "enrichments to apply to the input first, such as geoip,asn" },
    { name = "--geo-db", arg = "FILE", doc = "the city or country database (.mmdb) that geoip asks" },
    { name = "--asn-db", arg = "FILE", doc = "the AS database (.mmdb) that asn asks" },
    { name = "--source", arg = "NAME", doc = "the source plugin to read with (default: found out)" },
    { name = "--member", arg = "NAME", doc = "the file to read in an archive of several" },
  },
  unknown_option = "; a plugin's parameters are written name=value",
}

-- Splits the words behind the plugin: inputs, parameters.
local function split_words(words, plugin)
  local inputs, params = {}, {}
  for i = 2, #words do
    local word = words[i]
    local name, value = word:match "^([%a_][%w_-]*)=(.*)$"
    if name and not plugin.params[name] and core.stat(word) then
      args.usage("'%s' is read as a parameter, which '%s' doesn't have; write the file of that name as ./%s", word,
        plugin.name, word)
    end
    if name and params[name] then args.usage("the parameter %s is given twice", name) end
    if name then params[name] = value else inputs[#inputs + 1] = word end
  end
  if #inputs == 0 then args.usage("%s needs an input: a file, - for the standard input, or sample", words[1]) end
  return inputs, params
end

-- Where the report goes: a path or nil, whether that is a folder, the format.
local function destination(options)
  local path, format = options.output, options.format
  if path == "-" then path = nil end
  local folder = path and (path:match "/$" ~= nil or core.stat(path) == "folder")
  if not format then
    format = folder and "csv" or path and output.format_of(path) or "table"
  end
  return { path = path, folder = folder, format = format, table = options.table, raw = options.raw }
end

-- Mistyped plugins are mistakes in the command line, found before anything is read.
local function check_names(options)
  local find = require("lunette.plugin").find
  if options.source then find("source", options.source) end
  for name in (options.enrich or ""):gmatch "[^,%s]+" do find("enrich", name) end
end

-- Reads all inputs as one: the query, and what is to be said about each file.
local function open(inputs, options)
  local read, query = require "lunette.read", require "lunette.query"
  local queries, files = {}, {}
  for i, path in ipairs(inputs) do
    local input, source = read.one(path, { source = options.source, member = options.member })
    queries[i] = #inputs > 1 and read.with_source(input, path) or input
    files[i] = { path = path, source = source.name, query = input }
    if cli.session.verbose then cli.say("%s is read by the source '%s'", path, source.name) end
  end
  return query.concat(queries), files
end

-- Takes the databases that were given, and applies the enrichments that were asked for.
local function enriched(input, options)
  if options["geo-db"] then require("lunette.ipdb").choose("geo", options["geo-db"]) end
  if options["asn-db"] then require("lunette.ipdb").choose("asn", options["asn-db"]) end
  for name in (options.enrich or ""):gmatch "[^,%s]+" do input = input:enrich(name) end
  return input
end

-- The address databases that were asked, for the report; and a word on addresses that they can't know.
local function databases()
  if not package.loaded["lunette.ipdb"] then return {} end
  local list = require("lunette.ipdb").used()
  for _, db in ipairs(list) do
    if db.unsupported > 0 and not cli.session.quiet then
      cli.say("%s knows IPv4 only: %d IPv6 addresses stay without its columns", db.path, db.unsupported)
    end
  end
  return list
end

-- Where a report's data came from. Digests, and counts that aren't known yet, cost a pass over the file, so only JSON
-- gets them.
local function describe_input(input, files, full)
  local paths, sources = {}, {}
  for i, file in ipairs(files) do paths[i], sources[i] = file.path, file.source end
  local about = { path = table.concat(paths, ", "), paths = paths, source = table.concat(sources, ", ") }
  if not full then return about end
  about.rows, about.rejected = input:counts()
  if not about.rows then about.rows, about.rejected = #input, #input:rejects() end
  about.files = {}
  for i, file in ipairs(files) do
    local path = file.path == "sample" and require("lunette.read").sample_path() or file.path
    local entry = { path = file.path, source = file.source }
    if path ~= "-" then entry.bytes, entry.sha256 = core.digest(path) end
    about.files[i] = entry
  end
  if #files == 1 then about.bytes, about.sha256 = about.files[1].bytes, about.files[1].sha256 end
  return about
end

local function host()
  return {
    log = function(text)
      if not cli.session.quiet then cli.say("%s", text) end
    end,
    progress = function(what, done, total)
      if not cli.session.quiet and core.is_terminal(2) then require("lunette.progress").show(what, done, total) end
    end,
  }
end

---@param options table<string, any>
---@param words string[]
function run.run(options, words)
  if not words[1] then args.usage("run needs a plugin: %s", table.concat(require("lunette.plugin").names "analysis", ", ")) end
  local started = core.seconds()
  local plugin = require("lunette.plugin").find("analysis", words[1])
  local inputs, given = split_words(words, plugin)
  require("lunette.params").parse(("analysis '%s'"):format(plugin.name), plugin.params, given)
  local to = destination(options)
  check_names(options)
  cli.session.phase = "work"
  require("lunette.progress").start()
  local input, files = open(inputs, options)
  local report = require("lunette.analysis").execute(plugin, enriched(input, options), given, host())
  report.databases = databases()
  require("lunette.progress").clear()
  if to.table then
    local ok, e = pcall(report.find_table, report, to.table)
    if not ok then args.usage("%s", errors.text(e)) end
  end
  report.input = describe_input(input, files, to.format == "json" and not to.folder)
  for _, file in ipairs(files) do require("lunette.rejects").report(file.query, file.path) end
  output.write(report, to)
  if cli.session.verbose then cli.say("done in %.3f s", core.seconds() - started) end
end

return run
