-- lunette convert INPUT… OUTPUT: writes what the inputs hold in another format.
local core = require "lunette.core"
local cli = require "lunette.cli"
local args = require "lunette.args"
local errors = require "lunette.errors"
local inputs_of = require "lunette.inputs"
local output = require "lunette.output"
local enrich_words = require "lunette.enrich_words"

-- The formats that hold a table of any columns.
local formats = { csv = "csv", tsv = "tsv", json = "json", ndjson = "ndjson", md = "md", arrow = "arrow" }

local convert = {
  usage = "convert INPUT… OUTPUT [--format FORMAT]",
  doc = [[
Writes what an input holds (a file, - for the standard input, or sample) into a file of another format, which its ending
says: .csv, .tsv, .json, .ndjson, .md or .arrow. Several inputs are written as one, with a column `source` that says
where each row is from. The output - is the standard output. A file appears when it is whole, and never replaces an
input. Words of the form enrichment.name=value are parameters of the enrichments.]],
  options = {
    { name = "--format", arg = "FORMAT", read = args.choice(formats), doc = "csv, tsv, json, ndjson, md or arrow" },
    { name = "--filter", arg = "EXPR", doc = "only rows for which this expression is true" },
    { name = "--columns", arg = "A,B", doc = "only these columns, in this order; NEW=OLD renames one" },
    { name = "--raw", doc = "don't put ' before text that a spreadsheet would run as a formula" },
    { name = "--enrich", arg = "A,B", doc = "enrichments to apply to the input first, such as geoip,asn" },
    { name = "--geo-db", arg = "FILE", doc = "the city or country database (.mmdb) that geoip asks" },
    { name = "--asn-db", arg = "FILE", doc = "the AS database (.mmdb) that asn asks" },
    { name = "--source", arg = "NAME", doc = "the source plugin to read with (default: found out); csv, json: as it is" },
    { name = "--member", arg = "NAME", doc = "the file to read in an archive of several" },
  },
}

-- The format of what goes to `path`.
local function format_for(path, options)
  if path ~= "-" and core.stat(path) == "folder" then args.usage("%s is a folder; name a file in it", path) end
  if not options.format and path == "-" then args.usage "what the standard output gets needs a --format" end
  local format = options.format or output.format_of(path, formats)
  if not formats[format] then
    args.usage("'%s' is for reports; convert writes .%s", path, table.concat(errors.keys(formats), ", ."))
  end
  return format
end

-- The input with what the options ask for.
local function quoted(name) return "`" .. name:gsub("`", "``") .. "`" end

-- A word of --columns: a column's name, or NEW=OLD.
local function column_of(input, word)
  local new, old = word:match "^(.-)%s*=%s*(.*)$"
  if not new or input:has(word) then return quoted(word) end
  return ("%s = %s"):format(quoted(new), quoted(old))
end

local function shaped(input, options, asked)
  input = enrich_words.apply(asked, input, options)
  if options.filter then input = input:filter(options.filter) end
  if not options.columns then return input end
  local names = {}
  for word in options.columns:gmatch "[^,]+" do names[#names + 1] = column_of(input, word:match "^%s*(.-)%s*$") end
  return input:select(table.unpack(names))
end

---@param options table<string, any>
---@param words string[]
function convert.run(options, words)
  local asked = enrich_words.asked(options)
  for i = #words, 1, -1 do
    if enrich_words.take(asked, words[i]) then table.remove(words, i) end
  end
  if #words < 2 then args.usage "convert needs an input and an output: lunette convert feed.csv feed.arrow" end
  local path = words[#words]
  local inputs = table.move(words, 1, #words - 1, 1, {})
  local format = format_for(path, options)
  if path ~= "-" then output.check_target(path, inputs) end
  if options.source then require("lunette.plugin").find("source", options.source) end
  enrich_words.check(asked)
  cli.session.phase = "work"
  require("lunette.progress").start()
  local input, files = inputs_of.open(inputs, options)
  local rows = shaped(input, options, asked):write(path, { format = format, raw = options.raw })
  require("lunette.progress").clear()
  inputs_of.databases()
  if not cli.session.quiet then cli.say("%d row%s written%s", rows, rows == 1 and "" or "s", path == "-" and "" or " to " .. path) end
  inputs_of.report_rejects(files)
end

return convert
