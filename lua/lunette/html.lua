-- Reports as one page: a single HTML file that opens without a network, years later. It holds its style, its script, the
-- chart library and the outlines of the countries (packed), and the reports as data; its content security policy
-- allows exactly these, by their hashes, and no request of any kind. The script writes every text of the data as text,
-- never as markup.
local core = require "lunette.core"
local about_of = require "lunette.html.about"
local assets = require "lunette.html.assets"
local charts = require "lunette.html.charts"
local colours = require "lunette.html.colours"
local encode = require "lunette.html.encode"
local errors = require "lunette.errors"
local static = require "lunette.html.static"

local html = {}

local MAX_ROWS = 2000     -- of a table that are in the page
local EVIDENCE_ROWS = 20  -- of a finding

local template = [[
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="%{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="Lunette %{version}">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>%{title}</title>
<style>%{style}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header id="head"></header>
<div id="layout">
<nav id="contents" aria-label="Contents"></nav>
<main id="main" tabindex="-1">%{static}</main>
</div>
<footer id="foot"></footer>
<script type="application/json" id="data">%{data}</script>
%{libraries}<script>%{script}</script>
</body>
</html>
]]

local function policy(script, style, libraries)
  local scripts = { ("'%s'"):format(script.hash) }
  if libraries.echarts then scripts[2] = ("'%s'"):format(libraries.echarts.hash) end
  return ("default-src 'none'; script-src %s; style-src '%s'; img-src data: blob:; base-uri 'none'; form-action 'none'")
    :format(table.concat(scripts, " "), style.hash)
end

local no_script = [[
<noscript><p class="notice">This page draws its figures from the data inside it, with a script that is inside it too and asks no
network. Allow scripts to see them; here are the findings and the beginnings of the tables.</p>
%s</noscript>]]

-- What stands in the page before the script has run: all of it without the chart library, else only for browsers that
-- run none.
local function before_script(reports, about, title, ranking, libraries)
  local markup = static.markup(reports, about, title, ranking, not libraries.echarts)
  return libraries.echarts and no_script:format(markup) or markup
end

-- The packed libraries as blocks of data, which no browser runs by itself.
local function library_blocks(libraries)
  local out = {}
  for i, name in ipairs(errors.keys(libraries)) do
    out[i] = ('<script type="text/plain" id="asset-%s">%s</script>\n'):format(name, libraries[name].packed)
  end
  return table.concat(out)
end

local function finding_data(item)
  return { severity = item.severity, title = item.title, text = item.text, chart = item.chart,
    evidence = item.evidence and encode.table(item.evidence, EVIDENCE_ROWS) }
end

-- Rows of a table that is too long for the page, where its figure is over time: the page makes them from what it draws.
local function drawn_data(data)
  local columns = encode.list {}
  for i, column in ipairs(data:schema()) do columns[i] = { name = column.name, type = column.type } end
  return { columns = columns, rows = encode.list {}, total = #data, is_drawn = true }
end

-- Whether the figure's own values can stand for the table's rows: place, name and value are all there is.
local function is_drawable(item, one)
  local columns = item.data:schema()
  local n = item.color and 3 or 2
  return #item.data > MAX_ROWS and one.data and one.data.axis_type == "time" and one.data.series and #columns == n
    and columns[1].name == item.x and columns[n].name == item.y
end

-- A report's figures, each with the place of its table among the tables: one of the report's own that has the same
-- rows, or one that is added.
local function figures(report, ranking, tables, place_of)
  local out = encode.list {}
  for i, item in ipairs(report.charts) do
    local one = charts.prepare(item, ranking)
    local place = place_of[item.data]
    if not place then
      place = #tables + 1
      tables[place] = { name = item.name, title = item.title, data = encode.table(item.data, MAX_ROWS), is_added = true }
      place_of[item.data] = place
    end
    if is_drawable(item, one) then tables[place].data = drawn_data(item.data) end
    one.table = place - 1
    out[i] = one
  end
  return out
end

local function texts(list, field)
  local out = encode.list {}
  for i, item in ipairs(list) do out[i] = field and item[field] or item end
  return out
end

local function parameters(report)
  local out = encode.list {}
  for i, name in ipairs(errors.keys(report.params)) do out[i] = { name, report.params[name] } end
  return out
end

local function report_data(report, ranking)
  local tables, place_of = encode.list {}, {}
  for i, item in ipairs(report.tables) do
    tables[i] = { name = item.name, title = item.title, note = item.note, data = encode.table(item.data, MAX_ROWS, item.units) }
    place_of[item.data] = place_of[item.data] or i
  end
  local findings, metrics = encode.list {}, encode.list {}
  for i, item in ipairs(report.findings) do findings[i] = finding_data(item) end
  for i, item in ipairs(report.metrics) do
    metrics[i] = { name = item.name, title = item.title, value = item.value, type = core.type(item.value),
      unit = item.unit, note = item.note }
  end
  return { plugin = report.plugin, version = report.version, heading = report.heading, title = report.title,
    description = report.description, params = parameters(report), metrics = metrics, texts = texts(report.texts, "text"),
    findings = findings, charts = figures(report, ranking, tables, place_of), tables = tables }
end

local function database_data(databases)
  local out = encode.list {}
  for i, db in ipairs(databases) do
    out[i] = { path = db.path, type = db.type, description = db.description, build_time = db.build_time,
      unsupported = db.unsupported, attribution = about_of.attribution(db) }
  end
  return out
end

---@class lunette.PageAbout
---@field title? string
---@field tlp? string such as "AMBER"
---@field command? string the command line that made the page
---@field time lunette.Time when it was made
---@field input table rows, rejected, files = { path, source, bytes, sha256 }
---@field span? { column: string, first: lunette.Time, last: lunette.Time }
---@field databases? lunette.IpDatabase[]
---@field left_out? { plugin: string, reason: string }[]
---@field sources? string[] the source plugins that read the files, with their versions
---@field enrichments? string[] the same of what added columns

--- The page.
---@param reports lunette.Report[]
---@param about lunette.PageAbout
---@return string
function html.page(reports, about)
  local script, style, libraries = assets.script(), assets.style(), assets.libraries()
  local ranking = colours.rank(reports)
  local list, versions = encode.list {}, {}
  for i, report in ipairs(reports) do list[i] = report_data(report, ranking) end
  for name, library in pairs(libraries) do versions[name] = library.version end
  local title = about.title or #reports == 1 and reports[1].title or "Lunette report"
  local data = { lunette = core.version, title = title, tlp = about.tlp, command = about.command, time = about.time,
    input = { rows = about.input.rows, rejected = about.input.rejected, files = texts(about.input.files or {}) },
    sources = texts(about.sources or {}), enrichments = texts(about.enrichments or {}), span = about.span,
    databases = database_data(about.databases or {}), left_out = texts(about.left_out or {}),
    libraries = versions, palettes = ranking, reports = list }
  local parts = { policy = policy(script, style, libraries), version = static.escape(core.version), title = static.escape(title),
    style = style.text, script = script.text, data = encode.json(data), libraries = library_blocks(libraries),
    static = before_script(reports, about, title, ranking, libraries) }
  return (template:gsub("%%{(%l+)}", parts))
end

return html
