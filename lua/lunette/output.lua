-- Writes a report in the format that was asked for: for people, or for the next program.
local core = require "lunette.core"
local errors = require "lunette.errors"
local terminal = require "lunette.terminal"
local width = require "lunette.width"

local output = {}

-- The formats of `run`, with the ending that means each and the one that files of it get.
output.formats = { table = "txt", csv = "csv", tsv = "tsv", json = "json", ndjson = "ndjson", md = "md",
  html = "html", arrow = "arrow" }
local endings = { txt = "table", csv = "csv", tsv = "tsv", json = "json", ndjson = "ndjson", jsonl = "ndjson", md = "md",
  html = "html", htm = "html", arrow = "arrow", feather = "arrow" }

local rows_shown, markdown_rows = 30, 50

--- The format that a file's ending means. Raises for one that means none.
---@param path string
---@param wanted? table<string, any> the formats that can be meant (all)
---@return string
function output.format_of(path, wanted)
  local ending = path:match "%.(%w+)$"
  local format = ending and endings[ending:lower()]
  if format then return format end
  local packed = path:match "%.[gx]z$" or path:match "%.zst$" or path:match "%.bz2$" or path:match "%.lz4$" or path:match "%.zip$"
  if packed then
    errors.raise("argument", "'%s': files are read packed, but written plain: leave out %s, or write to - and pack that", path, packed)
  end
  local names = {}
  for _, name in ipairs(errors.keys(endings)) do
    if not wanted or wanted[endings[name]] then names[#names + 1] = name end
  end
  errors.raise("argument", "can't tell a format from '%s': end it in .%s, or say --format", path, table.concat(names, ", ."))
end

local function parameters_text(params)
  local out = {}
  for i, name in ipairs(errors.keys(params)) do out[i] = name .. "=" .. tostring(params[name]) end
  return table.concat(out, " ")
end

-- The input's files, the first three of many.
local function input_text(input)
  local paths = input.paths or {}
  if #paths == 0 then return "a query" end
  if #paths <= 3 then return table.concat(paths, ", ") end
  return ("%s, … (%d files)"):format(table.concat(paths, ", ", 1, 2), #paths)
end

local severity_styles = { high = "red", medium = "yellow", low = "cyan", info = "dim" }

-- "dbip-city.mmdb, built 2026-11-01: DB-IP …", one line a database.
local function database_text(db)
  local built = db.build_time and ", built " .. db.build_time:format "%Y-%m-%d" or ""
  return ("with %s%s: %s"):format(db.path:match "[^/]*$", built, db.description ~= "" and db.description or db.type)
end

---@class lunette.TextOptions
---@field paint? lunette.Paint what may be drawn (default: no colour)
---@field width? integer columns; without it the terminal's
---@field whole? boolean every row in its full width
---@field only? string the one table to show
---@field charts? boolean draw the figures, too
---@field wrap? boolean break long lines between words

-- How each kind of item is shown; `to.add(text)` adds a line, `to.raw(text)` what is safe and ends with a line end.
local show = {}

function show.metric(item, to)
  to.add(("%s: %s%s%s"):format(item.title, core.text(item.value) or "null", item.unit and " " .. item.unit or "",
    item.note and " (" .. item.note .. ")" or ""))
end

function show.text(item, to)
  to.add("")
  to.add(item.text)
end

function show.table(item, to)
  to.add("")
  to.add(item.title, "bold")
  if item.note then to.add(item.note) end
  local data = item.data:handle()
  to.raw(terminal.table(data, { rows = to.whole and math.huge or rows_shown, width = to.whole and math.maxinteger or to.width,
    paint = to.paint, units = item.units }))
  if not to.whole and #data > rows_shown then to.add(("all rows: --format csv --table %s"):format(item.name)) end
end

function show.finding(item, to)
  to.add("")
  local label = "[" .. item.severity .. "]"
  local text = to.wrapped(label .. " " .. to.safe(item.title), (" "):rep(#label + 1))
  to.raw(to.paint:dress(severity_styles[item.severity], label) .. text:sub(#label + 1) .. "\n")
  if item.text then to.add(item.text) end
end

function show.chart(item, to)
  if not to.charts then return end -- its data is in a table, or in the JSON
  to.add("")
  to.add(item.title, "bold")
  if item.note then to.add(item.note) end
  local lines = require("lunette.terminal.charts").lines(item, { width = to.width or terminal.columns(), paint = to.paint,
    ranking = to.ranking() })
  to.raw(table.concat(lines, "\n") .. "\n")
end

-- Where the items of a report add their lines.
local function writer(report, options)
  local to = { paint = options.paint or terminal.file_paint(), width = options.width, whole = options.whole,
    charts = options.charts, out = {} }
  local ranking
  function to.ranking()
    ranking = ranking or require("lunette.html.colours").rank { report }
    return ranking
  end
  function to.safe(text)
    text = width.safe(text)
    return to.paint.unicode and text or width.ascii(text)
  end
  function to.wrapped(text, indent)
    return options.wrap and width.wrap(text, math.max(20, to.width or terminal.columns()), indent) or text
  end
  function to.raw(text) to.out[#to.out + 1] = to.paint.unicode and text or width.ascii(text) end
  function to.add(text, style)
    text = to.wrapped(to.safe(text))
    to.raw((style and to.paint:dress(style, text) or text) .. "\n")
  end
  return to
end

--- The report for people.
---@param report lunette.Report
---@param options? lunette.TextOptions
---@return string
function output.text(report, options)
  options = options or {}
  local to = writer(report, options)
  if options.only then
    show.table(report:find_table(options.only), to)
    return (table.concat(to.out):gsub("^\n", ""))
  end
  to.add(report.title, "bold")
  local about = ("%s %s on %s"):format(report.plugin, report.version, input_text(report.input))
  if next(report.params) then about = about .. ", " .. parameters_text(report.params) end
  to.add(about, "dim")
  for _, db in ipairs(report.databases) do to.add(database_text(db), "dim") end
  for _, entry in ipairs(report.items) do show[entry.kind](entry.item, to) end
  return table.concat(to.out)
end

-- A figure as it stands in a block of plain text, whose fence no line of the figure can end.
local function markdown_figure(item, ranking)
  local lines = require("lunette.terminal.charts").lines(item, { width = 80, paint = terminal.file_paint(), ranking = ranking })
  local fence = "```"
  for _, line in ipairs(lines) do
    for ticks in line:gmatch "`+" do
      if #ticks >= #fence then fence = ("`"):rep(#ticks + 1) end
    end
  end
  return ("%stext\n%s\n%s\n"):format(fence, table.concat(lines, "\n"), fence)
end

-- A table's first rows, floats with four decimals: a ticket is read by people.
local function markdown_table(item, name)
  local data, n = item.data, #item.data
  for _, column in ipairs(data:schema()) do
    local quoted = "`" .. column.name:gsub("`", "``") .. "`"
    if column.type == "float" then data = data:derive(("%s = round(%s, 4)"):format(quoted, quoted)) end
  end
  local plan = data:collect():handle():plan()
  if n <= markdown_rows then return core.render(plan, "md", false) end
  return ("%s\n%d of %d rows; all of them: `--format md --table %s`\n"):format(core.render(plan:slice(0, markdown_rows), "md", false),
    markdown_rows, n, name)
end

local function markdown_text(text) return (width.safe(text):gsub("[\\`*_%[%]<>|#]", "\\%0")) end

-- An analysis' own Markdown: its lines and marks stay, what could steer a terminal doesn't.
local function markdown_lines(text) return (text:gsub("[^\n]+", width.safe)) end

--- The report as Markdown, for a ticket: findings first, figures as text, tables with their first rows.
---@param report lunette.Report
---@return string
function output.markdown(report)
  local out = { ("# %s\n"):format(markdown_text(report.title)) }
  local function add(format, ...) out[#out + 1] = format:format(...) end
  add("%s %s on %s%s\n", report.plugin, report.version, markdown_text(input_text(report.input)),
    next(report.params) and ", " .. markdown_text(parameters_text(report.params)) or "")
  for _, db in ipairs(report.databases) do add("%s\n", markdown_text(database_text(db))) end
  for _, item in ipairs(report.findings) do
    local text = item.text and "\n  " .. markdown_lines(item.text):gsub("\n", "\n  ") or ""
    add("- **%s: %s**%s", item.severity, markdown_text(item.title), text)
  end
  if #report.findings > 0 then add "" end
  local ranking
  for _, entry in ipairs(report.items) do
    local item = entry.item
    if entry.kind == "metric" then
      add("- %s: **%s**%s", markdown_text(item.title), markdown_text(core.text(item.value) or "null"),
        item.note and " (" .. markdown_text(item.note) .. ")" or "")
    elseif entry.kind == "text" then
      add("\n%s\n", markdown_lines(item.text))
    elseif entry.kind == "chart" then
      add("\n## %s\n", markdown_text(item.title))
      if item.note then add("%s\n", markdown_text(item.note)) end
      ranking = ranking or require("lunette.html.colours").rank { report }
      out[#out + 1] = markdown_figure(item, ranking)
    elseif entry.kind == "table" then
      add("\n## %s\n", markdown_text(item.title))
      if item.note then add("%s\n", markdown_text(item.note)) end
      out[#out + 1] = markdown_table(item, item.name)
    end
  end
  return (table.concat(out, "\n"):gsub("\n\n\n+", "\n\n"):gsub("\n*$", "\n"))
end

--- An input is evidence: no result replaces it. Raises where `path` is one.
---@param path string
---@param inputs? string[]
function output.check_target(path, inputs)
  for _, input in ipairs(inputs or {}) do
    if core.same_file(path, input) then
      errors.raise("usage", "%s is an input, which results don't replace; write them elsewhere", path)
    end
  end
end

--- Writes text into the file, which appears when it is whole; without a path to the standard output.
---@param path? string
---@param text string
function output.put(path, text)
  if path then return core.write_bytes(path, text) end
  terminal.put(text)
end

-- One table in a format of rows.
local function put_table(item, format, raw, path)
  local plan = item.data:handle():plan()
  if path then return core.write_file(plan, format, raw, path) end
  terminal.write(plan, format, raw)
end

local function put_page(report, path)
  output.put(path, require("lunette.html").page({ report }, require("lunette.html.about").of_run(report)))
end

-- Every table as a file of its own; a page holds them all.
local function put_folder(report, options)
  local folder = options.path:gsub("/+$", "")
  local made, message = core.make_folder(folder == "" and "/" or folder)
  if not made then errors.raise("io", "%s", message) end
  if options.format == "html" then
    local path = ("%s/%s.html"):format(folder, report.plugin)
    output.check_target(path, report.input.paths)
    return put_page(report, path)
  end
  for _, item in ipairs(report.tables) do
    local path = ("%s/%s.%s"):format(folder, item.name, output.formats[options.format])
    output.check_target(path, report.input.paths)
    if options.format == "table" then
      core.write_bytes(path, terminal.table(item.data:handle(), { rows = math.huge, width = math.maxinteger,
        paint = terminal.file_paint() }))
    else
      put_table(item, options.format, options.raw, path)
    end
  end
end

--- Writes a report. Without a path it goes to the standard output.
---@param report lunette.Report
---@param options { format: string, path?: string, folder?: boolean, table?: string, raw?: boolean, charts?: boolean }
function output.write(report, options)
  local format, path = options.format, options.path
  if path then output.check_target(path, report.input.paths) end
  if options.folder then
    put_folder(report, options)
  elseif format == "table" then
    local charts = options.charts
    if charts == nil then charts = not path and core.is_terminal(1) end
    local text = output.text(report, { paint = not path and terminal.paint(1) or nil, whole = path ~= nil, only = options.table,
      charts = charts, wrap = not path and core.is_terminal(1) })
    if path then return core.write_bytes(path, text) end
    io.stdout:write(text) -- made safe cell by cell, and styled
  elseif format == "json" then
    output.put(path, require("lunette.json").report(report, options.table))
  elseif format == "html" then
    put_page(report, path)
  elseif format == "md" and not options.table then
    output.put(path, output.markdown(report))
  else
    put_table(report:find_table(options.table), format, options.raw, path)
  end
end

return output
