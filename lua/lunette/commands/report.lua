-- lunette report [INPUT…]: every analysis that fits the input, as one page.
local core = require "lunette.core"
local cli = require "lunette.cli"
local args = require "lunette.args"
local errors = require "lunette.errors"
local about = require "lunette.html.about"
local enrich_words = require "lunette.enrich_words"
local inputs = require "lunette.inputs"
local output = require "lunette.output"

local MAX_KEPT = 256 << 20 -- bytes of the files

local labels = { RED = true, AMBER = true, ["AMBER+STRICT"] = true, GREEN = true, CLEAR = true }

local function read_label(text)
  local label = text:upper():gsub("^TLP:", "")
  if labels[label] then return label end
  return nil, ("is no TLP label: there are %s"):format(table.concat(errors.keys(labels), ", "))
end

local report = {
  usage = "report [INPUT…] [-o FILE.html] [--only A,B] [--without A,B] [--plugin FILE.lua]\n"
    .. "                      [--enrich A,B] [--tlp LABEL] [--open]",
  doc = [[
Runs every analysis that fits the input (files, - for the standard input, or sample) and writes one HTML page that opens
without a network. Analyses whose address database isn't there are left out, and those that take long (classify) unless
--plugin or --only names them; the page says so.]],
  options = {
    { name = "--output", short = "-o", arg = "FILE", doc = "the page (default: report.html; -: the standard output)" },
    { name = "--only", arg = "A,B", doc = "only these analyses, in this order" },
    { name = "--plugin", arg = "A,B", doc = "analyses to run besides, by name or file" },
    { name = "--without", arg = "A,B", doc = "not these analyses" },
    { name = "--enrich", arg = "A,B", doc = "enrichments to apply to the input first, such as ipapi; their parameters are "
      .. "written enrichment.name=value" },
    { name = "--title", arg = "TEXT", doc = "the page's title" },
    { name = "--tlp", arg = "LABEL", read = read_label, doc = "label the page: RED, AMBER, AMBER+STRICT, GREEN or CLEAR" },
    { name = "--open", doc = "show the page in the browser" },
    { name = "--geo-db", arg = "FILE", doc = "the city or country database (.mmdb) for maps" },
    { name = "--asn-db", arg = "FILE", doc = "the AS database (.mmdb)" },
    { name = "--source", arg = "NAME", doc = "the source plugin to read with (default: found out)" },
    { name = "--member", arg = "NAME", doc = "the file to read in an archive of several" },
  },
}

-- The order in which a reader wants the bundled analyses; others follow by name.
local order = { families = 1, timeline = 2, ports = 3, geomap = 4, asn = 5, overlap = 6, classify = 7 }

local function split(text)
  local out = {}
  for word in (text or ""):gmatch "[^,%s]+" do out[#out + 1] = word end
  return out
end

-- The analyses that are wanted, and whether each was asked for by name. The user's own come first, the bundled ones where a
-- reader expects them.
local function wanted(options)
  local plugins = require "lunette.plugin"
  local list, asked, given = {}, {}, {}
  for _, name in ipairs(split(options.plugin)) do
    local one = plugins.find("analysis", name)
    given[one.name] = one
  end
  local function ask(name)
    local one = given[name] or plugins.find("analysis", name)
    if not asked[one.name] then list[#list + 1] = one end
    asked[one.name] = true
  end
  if options.only then
    for _, name in ipairs(split(options.only)) do ask(name) end
    if #list == 0 then args.usage("--only names no analysis") end
  end
  for _, name in ipairs(split(options.plugin)) do ask(name) end
  if options.only then return list, asked end
  local own, rest, unwanted = {}, {}, {}
  for _, one in ipairs(list) do table.insert(order[one.name] and rest or own, one) end
  for _, name in ipairs(split(options.without)) do unwanted[plugins.find("analysis", name).name] = true end
  for _, one in ipairs(plugins.all "analysis") do
    if not asked[one.name] and not unwanted[one.name] then rest[#rest + 1] = one end
  end
  table.sort(rest, function(a, b)
    local x, y = order[a.name] or math.huge, order[b.name] or math.huge
    if x ~= y then return x < y end
    return a.name < b.name
  end)
  return table.move(rest, 1, #rest, #own + 1, own), asked
end

-- Adds the columns that the analyses' enrichments give, once for all of them; an enrichment whose database is missing
-- is passed over, and so is then the analysis that needs its columns. Returns the input, why what was passed over, and
-- what was applied.
local function enriched(input, list)
  local enrich = require "lunette.enrich"
  local why, tried, applied = {}, {}, {}
  for _, plugin in ipairs(list) do
    for _, name in ipairs(plugin.enrich or {}) do
      if not tried[name] then
        tried[name] = true
        local ok, result = pcall(enrich.complete, input, { name })
        if ok then
          if result ~= input then applied[#applied + 1] = name end
          input = result
        else
          why[name] = errors.text(result)
        end
      end
    end
  end
  return input, why, applied
end

-- Why an analysis can't run on the input, or won't without being asked, or nil.
local function obstacle(plugin, input, why, is_asked)
  local lacks = require("lunette.analysis").lacks(plugin, input)
  for _, name in ipairs(#lacks > 0 and plugin.enrich or {}) do
    if why[name] then return why[name] end
  end
  if #lacks > 0 then return "the input has " .. table.concat(lacks, "; ") end
  for _, name in ipairs(errors.keys(plugin.params)) do
    if plugin.params[name].required then return ("it needs the parameter %s=…"):format(name) end
  end
  if plugin.slow and not is_asked then return ("it takes long; --plugin %s adds it"):format(plugin.name) end
end

-- The way out where a feed's columns have other names.
local way_out = [[
give the columns these names first, as in
  lunette -e 't:derive("family = malware", "ip = ip(host)"):write "named.csv"' INPUT
or by a source of your own (lunette new NAME --kind source)]]

local function nothing_fits(left_out)
  local lines = {}
  for i, one in ipairs(left_out) do lines[i] = ("  %s: %s"):format(one.plugin, one.reason) end
  lines[#lines + 1] = way_out
  errors.raise("name", "no analysis fits the input:\n%s", table.concat(lines, "\n"))
end

-- Runs one analysis: its report, or nil and why it failed. Ctrl-C and the end of the memory end the whole run; limits of a
-- plugin from outside are its own.
local function attempt(plugin, input, host)
  local ok, result = pcall(require("lunette.analysis").execute, plugin, input, {}, host)
  if ok then return result end
  local code = core.is_error(result) and result.code
  local stopped = code == "cancelled" or (code == "limit" or code == "nomem") and not plugin.outside
  if stopped or type(result) == "string" and result:match "interrupted$" then error(result, 0) end
  return nil, "it failed: " .. errors.text(result)
end

-- Runs what fits: the reports, and what was left out. What was asked for by name must fit.
local function run_all(list, asked, input, why)
  local reports, left_out, host = {}, {}, inputs.host()
  for i, plugin in ipairs(list) do
    host.progress("report: " .. plugin.name, i - 1, #list)
    local reason, one = obstacle(plugin, input, why, asked[plugin.name]), nil
    if not reason then one, reason = attempt(plugin, input, host) end
    if one and not asked[plugin.name] then reason = one.unfit end
    if reason and asked[plugin.name] then errors.raise("name", "'%s' can't run: %s", plugin.name, reason) end
    if reason then
      left_out[#left_out + 1] = { plugin = plugin.name, summary = plugin.summary, reason = reason }
    else
      reports[#reports + 1] = one
    end
  end
  if #reports == 0 then nothing_fits(left_out) end
  return reports, left_out
end

local openers = { "xdg-open", "open", "sensible-browser", "wslview" }

local function open_in_browser(path)
  local quoted = "'" .. path:gsub("'", "'\\''") .. "'"
  if path:match "^%-" then quoted = "./" .. quoted end
  for _, opener in ipairs(openers) do
    if os.execute(("command -v %s > /dev/null 2>&1"):format(opener)) then
      os.execute(("%s %s > /dev/null 2>&1 < /dev/null &"):format(opener, quoted))
      return
    end
  end
  cli.say("no browser could be started (there is no %s): open %s in one", table.concat(openers, ", "), path)
end

-- The page's file; nil for the standard output.
local function destination(options)
  local path = options.output or "report.html"
  if path == "-" then return nil end
  if core.stat(path) == "folder" then return path:gsub("/+$", "") .. "/report.html" end
  return path
end

-- "feed.csv", "3 inputs".
local function named(words)
  if #words > 1 then return ("%d inputs"):format(#words) end
  if words[1] == "sample" then return "the bundled sample" end
  return words[1] == "-" and "the standard input" or words[1]:match "[^/]+$" or words[1]
end

local function say_done(path, reports, left_out, seconds)
  if cli.session.quiet or not path then return end
  cli.say("%s: %d %s%s, in %.1f s", path, #reports, #reports == 1 and "analysis" or "analyses",
    #left_out > 0 and (", %d left out"):format(#left_out) or "", seconds)
end

-- A database of the user's is asked also when the input is the sample; without one the sample brings its own.
local function choose_databases(options, words)
  inputs.choose_databases(options)
  for _, word in ipairs(words) do
    if word ~= "sample" then return end
  end
  require("lunette.ipdb").choose_sample()
end

-- Many analyses ask the same input: it is read once and kept, unless it is large.
local function kept(input, files)
  local bytes = 0
  for _, file in ipairs(files) do
    local handle = file.path ~= "-" and io.open(file.path, "rb")
    if handle then
      bytes = bytes + (handle:seek "end" or 0)
      handle:close()
    end
  end
  return bytes <= MAX_KEPT and input:collect() or input
end

-- The inputs among the words, without the parameters of enrichments.
local function inputs_among(words, enrichments)
  if not next(enrichments.by_name) then return words end
  local out = {}
  for _, word in ipairs(words) do
    if not enrich_words.take(enrichments, word) then out[#out + 1] = word end
  end
  enrich_words.check(enrichments)
  return out
end

local function sources_of(files)
  local out = {}
  for i, file in ipairs(files) do out[i] = file.source end
  return out
end

---@param options table<string, any>
---@param words string[]
function report.run(options, words)
  local enrichments = enrich_words.asked(options)
  words = inputs_among(words, enrichments)
  if #words == 0 then
    args.usage "report needs an input: a feed's file, - for the standard input, or sample (lunette report sample)"
  end
  if options.source then require("lunette.plugin").find("source", options.source) end
  local path = destination(options)
  if path then output.check_target(path, words) end
  local started, list, asked = core.seconds(), wanted(options)
  cli.session.phase = "work"
  require("lunette.progress").start()
  local input, files = inputs.open(words, options)
  choose_databases(options, words)
  local known, first = enrich_words.apply(enrichments, kept(input, files), options)
  local whole, why, applied = enriched(known, list)
  local reports, left_out = run_all(list, asked, kept(whole, files), why)
  local facts = { title = options.title or ("Report on %s"):format(named(words)), tlp = options.tlp, time = about.time(),
    command = about.command(), span = about.span(whole), databases = inputs.databases(), left_out = left_out,
    input = inputs.describe(input, files, true), sources = about.versions("source", sources_of(files)),
    enrichments = about.versions("enrich", table.move(applied, 1, #applied, #first + 1, first)) }
  local page = require("lunette.html").page(reports, facts)
  require("lunette.progress").clear()
  inputs.report_rejects(files)
  output.put(path, page)
  say_done(path, reports, left_out, core.seconds() - started)
  if options.open and path then open_in_browser(path) end
end

return report
