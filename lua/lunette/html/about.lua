-- What a page says about its own making: when, by which command, from which data.
local core = require "lunette.core"
local cli = require "lunette.cli"
local errors = require "lunette.errors"

local about = {}

--- The time of the run, to the second; SOURCE_DATE_EPOCH instead where it is set, so that the same input gives the same
--- bytes.
---@return lunette.Time
function about.time()
  local given = os.getenv "SOURCE_DATE_EPOCH"
  if not given or given == "" then return core.time(os.time() * 1000000) end
  local seconds = given:match "^%d+$" and math.tointeger(tonumber(given))
  if not seconds or seconds > 253402300799 then
    errors.raise("argument", "SOURCE_DATE_EPOCH is '%s', not a number of seconds since 1970", given)
  end
  return core.time(seconds * 1000000)
end

local function quoted(word)
  if word:match "^[%w%._/=:,@%%+-]+$" then return word end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

--- The command line as it could be typed again; nil when there was none.
---@return string?
function about.command()
  local words = cli.session.words
  if not words then return nil end
  local out = { "lunette" }
  for i, word in ipairs(words) do out[i + 1] = quoted(word) end
  return table.concat(out, " ")
end

--- The first and the last time of the data, by the column that says when something was seen.
---@param input lunette.Query
---@return { column: string, first: lunette.Time, last: lunette.Time }?
function about.span(input)
  for _, column in ipairs { "first_seen", "time" } do
    if input:has(column, "time") then
      local row = input:group_by():agg(("first = min(`%s`)"):format(column), ("last = max(`%s`)"):format(column)):first()
      if row and row.first then return { column = column, first = row.first, last = row.last } end
    end
  end
end

-- What providers of address databases ask to be said of their data: what a name or a type contains, and the words.
local attributions = {
  { "db%-?ip", "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0" },
  { "geolite2", "includes GeoLite2 data created by MaxMind, available from https://www.maxmind.com" },
  { "geoip2", "GeoIP2 data by MaxMind, https://www.maxmind.com" },
  { "ipinfo", "IP address data powered by IPinfo (https://ipinfo.io), CC BY-SA 4.0" },
  { "ip2location", "uses IP2Location LITE data (https://lite.ip2location.com), CC BY-SA 4.0" },
}

--- The attribution that a database asks for; nil where it names its licence itself, or nobody known made it.
---@param db { path: string, type: string, description: string }
---@return string?
function about.attribution(db)
  if db.description:find("CC BY", 1, true) then return nil end
  for _, text in ipairs { db.path:match "[^/]*$", db.description, db.type } do
    for _, one in ipairs(attributions) do
      if text:lower():find(one[1]) then return one[2] end
    end
  end
end

--- "geoip 1.0.0": the plugins of a kind with their versions, each once.
---@param kind string
---@param names string[]
---@return string[]
function about.versions(kind, names)
  local out, seen = {}, {}
  for _, name in ipairs(names) do
    local plugin = require("lunette.plugin").find(kind, name)
    if not seen[plugin.name] then out[#out + 1] = ("%s %s"):format(plugin.name, plugin.version) end
    seen[plugin.name] = true
  end
  return out
end

--- The facts about a page of one report.
---@param report lunette.Report
---@return lunette.PageAbout
function about.of_run(report)
  local sources = {}
  for i, file in ipairs(report.input.files or {}) do sources[i] = file.source end
  return { time = about.time(), command = about.command(), input = report.input, databases = report.databases,
    span = report.input.span, sources = about.versions("source", sources),
    enrichments = about.versions("enrich", report.enrichments) }
end

return about
