-- The page without a script: findings, tables and (where the chart library is missing) pictures, as plain markup. It is what a
-- reader sees whose browser runs no script, or who looks in twenty years; the page's own script puts its figures in
-- its place. All text of the data is escaped, invisible characters are shown, and indicators are defanged.
local core = require "lunette.core"
local lunette = require "lunette"
local width = require "lunette.width"

local static = {}

local ROWS = 20
local LONGEST = 300

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

--- Text as it may stand in markup.
---@param text string
---@return string
function static.escape(text) return (text:gsub("[&<>\"']", entities)) end

-- What may be an IPv6 address: eight groups, or fewer and a gap.
local function defanged6(text)
  local _, colons = text:gsub(":", "")
  local at = #text > 2 and (colons == 7 or text:find("::", 1, true)) and text:match "^.*():"
  return at and text:sub(1, at - 1) .. "[:]" .. text:sub(at + 1) or nil
end

-- Whether what ends a text says that a version follows, which looks like an address where it has four numbers: version
-- 2.0.0.1, Firefox/2.0.0.1 (assets/report/indicators.js knows the same).
local function before_version(text)
  local word, after = text:match "(%a+)(%.? ?[vV]?)$"
  if text:find "%f[%a][vV]$" or text:find "%f[%a]%u%a*%l/$" then return true end
  word = word and after:find " " and word:lower()
  return word == "version" or word == "ver" or word == "release" or word == "build"
end

-- Addresses and URLs in running text made harmless.
local function defanged(text)
  text = text:gsub("([hH])[tT][tT]([pP][sS]?://)([%w_.@:-]*%w)", function(h, scheme, host)
    return h .. "xx" .. scheme .. host:gsub("%.([^.:]*%w[^.:]*)$", "[.]%1"):gsub("%.([^.:]*:%d+)$", "[.]%1")
  end)
  text = text:gsub("()%f[%d.](%d+%.%d+%.%d+)%.(%d+)%f[^%d]", function(at, net, last)
    return not before_version(text:sub(math.max(1, at - 40), at - 1)) and net .. "[.]" .. last or nil
  end)
  return (text:gsub("%f[%w:][%x:]+:[%x:]*%f[^%w:]", defanged6))
end

local function shown(text) return static.escape((width.cut(width.cell(defanged(tostring(text))), LONGEST))) end

local indicator = { ioc = true, host = true, hostname = true, domain = true, fqdn = true, url = true, indicator = true,
  registered_domain = true, server_name = true, sni = true, query = true, answer = true, answers = true, destination = true, value = true,
  reference = true, example = true, rrname = true, rdata = true }

-- Whether a column of that name holds indicators (assets/report/indicators.js knows the same).
local function is_indicator(name) return indicator[name] or name:match "_host$" or name:match "_domain$" or name:match "_url$" end

-- A sentence; what of it are names of hosts is known from the rows behind it.
local function sentence(text, rows)
  local names = {}
  for _, column in ipairs(rows and rows:schema() or {}) do
    local values = column.type == "string" and is_indicator(column.name) and rows:head(ROWS):column(column.name):values() or {}
    for i = 1, #values do
      local host = type(values[i]) == "string" and values[i]:match "^[%w_-]+%.[%w_.-]*%a[%w-]+"
      if host and #names < ROWS then names[#names + 1] = host end
    end
  end
  for _, host in ipairs(names) do
    text = text:gsub(host:gsub("%p", "%%%0"), (host:gsub("%.", "[.]")))
  end
  return shown(text)
end

-- The data with its indicators defanged.
local function harmless(data)
  local columns = {}
  for _, column in ipairs(data:schema()) do
    if column.type == "ip" then
      columns[#columns + 1] = ("`%s` = defang(string(`%s`))"):format(column.name, column.name)
    elseif column.type == "string" and is_indicator(column.name) then
      columns[#columns + 1] = ("`%s` = defang(`%s`)"):format(column.name, column.name)
    end
  end
  return #columns > 0 and data:derive(table.unpack(columns)):collect() or data
end

local function cell(value)
  if value == nil or rawequal(value, lunette.null) then return "" end
  if math.type(value) == "float" then return ("%.4g"):format(value) end
  return shown(core.text(value) or "")
end

-- A table's first rows.
local function table_markup(item)
  local data, out, columns = harmless(item.data:head(ROWS):collect()), {}, {}
  local function add(text) out[#out + 1] = text end
  add(("<div class=\"scroller\"><table class=\"static\"><caption>%s</caption><thead><tr>"):format(shown(item.title)))
  for i, column in ipairs(data:schema()) do
    columns[i] = data:column(column.name):values()
    local unit = item.units and item.units[column.name]
    add(("<th scope=\"col\">%s%s</th>"):format(shown(column.name), unit and " (" .. shown(unit) .. ")" or ""))
  end
  add "</tr></thead><tbody>"
  for row = 1, #data do
    add "<tr>"
    for _, values in ipairs(columns) do add("<td>" .. cell(values[row]) .. "</td>") end
    add "</tr>"
  end
  add "</tbody></table></div>"
  if #item.data > ROWS then add(("<p class=\"note\">the first %d of %d rows</p>"):format(ROWS, #item.data)) end
  return table.concat(out)
end

-- A figure as a picture, or a note of what it lacks.
local function figure_markup(item, ranking)
  local lacks = require("lunette.chart_kinds").lacks(item)
  if lacks then return ("<p class=\"note\">%s</p>"):format(shown(lacks)) end
  local one = {}
  for key, value in pairs(item) do one[key] = value end
  one.data = harmless(item.data)
  one.title, one.note = defanged(item.title), nil
  return ("<figure>%s%s</figure>"):format(require("lunette.svg").draw(one, ranking),
    item.note and ("<figcaption class=\"note\">%s</figcaption>"):format(shown(item.note)) or "")
end

local function report_markup(report, ranking, with_pictures)
  local out = { ("<section><h2>%s</h2><p>%s</p>"):format(shown(report.heading or report.plugin), shown(report.title)) }
  local function add(text) out[#out + 1] = text end
  for _, metric in ipairs(report.metrics) do
    add(("<p>%s: %s%s</p>"):format(shown(metric.title), shown(core.text(metric.value) or ""),
      metric.note and " (" .. shown(metric.note) .. ")" or ""))
  end
  for _, text in ipairs(report.texts) do add("<p>" .. shown(text.text) .. "</p>") end
  local drawn = {}
  for _, chart in ipairs(with_pictures and report.charts or {}) do add(figure_markup(chart, ranking)) end
  for _, item in ipairs(report.tables) do
    drawn[item.data] = true
    add(table_markup(item))
  end
  for _, chart in ipairs(report.charts) do
    if not drawn[chart.data] then add(table_markup(chart)) end
    drawn[chart.data] = true
  end
  add "</section>"
  return table.concat(out, "\n")
end

local function findings_markup(reports)
  local out = {}
  for _, severity in ipairs { "high", "medium", "low", "info" } do
    for _, report in ipairs(reports) do
      for _, finding in ipairs(report.findings) do
        if finding.severity == severity then
          out[#out + 1] = ("<li><strong>%s</strong> %s</li>"):format(severity, sentence(finding.title, finding.evidence))
        end
      end
    end
  end
  return #out > 0 and "<section><h2>Findings</h2><ul>" .. table.concat(out, "\n") .. "</ul></section>" or ""
end

local function files_markup(about)
  local out = { "<section><h2>Where this comes from</h2><ul>",
    ("<li>Lunette %s, %s</li>"):format(core.version, shown(tostring(about.time))) }
  if about.command then out[3] = ("<li>%s</li>"):format(static.escape(width.cell(about.command))) end
  for _, file in ipairs(about.input.files or {}) do
    out[#out + 1] = ("<li>%s%s</li>"):format(static.escape(width.cell(file.path)), file.sha256 and ", SHA-256 " .. file.sha256 or "")
  end
  return table.concat(out, "\n") .. "</ul></section>"
end

--- The reports as markup that needs no script.
---@param reports lunette.Report[]
---@param about lunette.PageAbout
---@param title string
---@param ranking table<string, string[]> colours.rank's
---@param with_pictures boolean
---@return string
function static.markup(reports, about, title, ranking, with_pictures)
  local out = { ("<h1>%s</h1>"):format(shown(title)) }
  if about.tlp then out[2] = ("<p><strong>TLP:%s</strong></p>"):format(about.tlp) end
  out[#out + 1] = findings_markup(reports)
  for _, report in ipairs(reports) do out[#out + 1] = report_markup(report, ranking, with_pictures) end
  out[#out + 1] = files_markup(about)
  return table.concat(out, "\n")
end

return static
