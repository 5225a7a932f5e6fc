-- lunette run PLUGIN [INPUT…] [name=value…]: runs an analysis and writes its report.
local core = require "lunette.core"
local cli = require "lunette.cli"
local args = require "lunette.args"
local errors = require "lunette.errors"
local enrich_words = require "lunette.enrich_words"
local inputs_of = require "lunette.inputs"
local output = require "lunette.output"

local run = {
  usage = "run PLUGIN|FILE.lua [INPUT…] [name=value…] [-o FILE] [--format FORMAT] [--table NAME]",
  doc = [[
Runs an analysis on an input: a file, - for the standard input, or sample. Several inputs are read as one, with a
column `source` that says where each row is from. Words of the form name=value are the plugin's parameters (lunette
info PLUGIN lists them), and words of the form enrichment.name=value those of an enrichment; write a file with such a name
as ./name=value.]],
  options = {
    { name = "--output", short = "-o", arg = "FILE",
      doc = "write into FILE; its ending says the format. A folder (or FILE/) gets a file for each table" },
    { name = "--format", arg = "FORMAT", read = args.choice(output.formats),
      doc = "table (default), csv, tsv, json, ndjson, md, html or arrow" },
    { name = "--table", arg = "NAME", doc = "the one table to write (default with csv, tsv, ndjson, arrow: the first)" },
    { name = "--charts", doc = "draw the figures with characters also where the output is no terminal" },
    { name = "--no-charts", doc = "tables and findings only" },
    { name = "--raw", doc = "don't put ' before text that a spreadsheet would run as a formula" },
    { name = "--enrich", arg = "A,B", doc = "enrichments to apply to the input first, such as geoip,asn" },
    { name = "--geo-db", arg = "FILE", doc = "the city or country database (.mmdb) that geoip asks" },
    { name = "--asn-db", arg = "FILE", doc = "the AS database (.mmdb) that asn asks" },
    { name = "--source", arg = "NAME", doc = "the source plugin to read with (default: found out)" },
    { name = "--member", arg = "NAME", doc = "the file to read in an archive of several" },
  },
  unknown_option = "; a plugin's parameters are written name=value",
}

--- What the help says besides: the parameters of the plugin that is named.
---@param words string[]
---@return string
function run.more_help(words)
  if not words[1] then return "" end
  local plugin = require("lunette.plugin").find("analysis", words[1])
  local text = require("lunette.commands.info").parameters(plugin)
  return (text:gsub("^\nparameters:", ("\nparameters of %s:"):format(plugin.name)))
end

-- Splits the words behind the plugin: inputs, parameters; those of the enrichments go to theirs.
local function split_words(words, plugin, asked)
  local inputs, params, from_stdin = {}, {}, false
  for i = 2, #words do
    local word = words[i]
    local name, value = word:match "^([%a_][%w_-]*)=(.*)$"
    if enrich_words.take(asked, word) then goto continue end
    if name and not plugin.params[name] and core.stat(word) then
      args.usage("'%s' is read as a parameter, which '%s' doesn't have; write the file of that name as ./%s", word,
        plugin.name, word)
    end
    if not name and plugin.params[word] and not core.stat(word) then
      args.usage("'%s' is a parameter of '%s': give it a value, %s=…", word, plugin.name, word)
    end
    if name and params[name] then args.usage("the parameter %s is given twice", name) end
    if word == "-" and from_stdin then args.usage "- is given twice: the standard input is read once" end
    from_stdin = from_stdin or word == "-"
    if name then params[name] = value else inputs[#inputs + 1] = word end
    ::continue::
  end
  return inputs, params
end
run.split_words = split_words

-- Where the report goes: a path or nil, whether that is a folder, the format.
local function destination(options)
  local path, format, charts = options.output, options.format, nil
  if options.charts and options["no-charts"] then args.usage "--charts and --no-charts don't go together" end
  if options.charts then charts = true elseif options["no-charts"] then charts = false end
  if path == "-" then path = nil end
  local folder = path and (path:match "/$" ~= nil or core.stat(path) == "folder")
  if not format then
    format = folder and "csv" or path and output.format_of(path) or "table"
  end
  return { path = path, folder = folder, format = format, table = options.table, raw = options.raw,
    charts = charts }
end
run.destination = destination

-- Mistyped plugins and parameters are mistakes in the command line, found before anything is read.
local function check_names(options, asked)
  if options.source then require("lunette.plugin").find("source", options.source) end
  enrich_words.check(asked)
end

---@param options table<string, any>
---@param words string[]
function run.run(options, words)
  if not words[1] then args.usage("run needs a plugin: %s", table.concat(require("lunette.plugin").names "analysis", ", ")) end
  if words[1]:find(",", 1, true) and not core.stat(words[1]) then
    args.usage("run takes one analysis; lunette report --only %s runs several", words[1])
  end
  local started = core.seconds()
  local plugin = require("lunette.plugin").find("analysis", words[1])
  local asked = enrich_words.asked(options)
  local inputs, given = split_words(words, plugin, asked)
  if #inputs == 0 then args.usage("%s needs an input: a file, - for the standard input, or sample", words[1]) end
  require("lunette.params").parse(("analysis '%s'"):format(plugin.name), plugin.params, given)
  local to = destination(options)
  check_names(options, asked)
  cli.session.phase = "work"
  require("lunette.progress").start()
  local input, files = inputs_of.open(inputs, options)
  local whole, applied = enrich_words.apply(asked, input, options)
  local report = require("lunette.analysis").execute(plugin, whole, given, inputs_of.host())
  report.enrichments = table.move(report.enrichments, 1, #report.enrichments, #applied + 1, applied)
  report.databases = inputs_of.databases()
  require("lunette.progress").clear()
  if to.table then
    local ok, e = pcall(report.find_table, report, to.table)
    if not ok then args.usage("%s", errors.text(e)) end
  end
  report.input = inputs_of.describe(input, files, to.format == "html" or to.format == "json" and not to.folder)
  if to.format == "html" then report.input.span = require("lunette.html.about").span(input) end
  inputs_of.report_rejects(files)
  output.write(report, to)
  if cli.session.verbose then cli.say("done in %.3f s", core.seconds() - started) end
end

return run
