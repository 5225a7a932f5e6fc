local lunette = require "lunette"
local analysis = require "lunette.analysis"
local core = require "lunette.core"
local html = require "lunette.html"
local sha256 = require "lunette.sha256"
local support = dofile "tests/spec/support/process.lua"
local decode = require("dkjson").decode

local HOSTILE = "</script><script>alert(1)</script>\u{2028}\u{202e}<!-- ${x} {a|b}"

local function page_of(run, input)
  local plugin = { api = 1, kind = "analysis", name = "mine", version = "1.2.3", summary = "Mine", params = {}, input = {},
    run = run }
  local report = analysis.execute(plugin, input or lunette.table { { name = "family", values = { "QakBot", HOSTILE } },
    { name = "port", values = { 995, 449 } } })
  return html.page({ report }, { time = core.time(0), input = { rows = 2, rejected = 0, files = {} } })
end

-- The data that a page's script reads.
local function data_of(page)
  local text = page:match '<script type="application/json" id="data">(.-)</script>'
  return assert(decode(text)), text
end

local function bars(ctx)
  local n = ctx.input:group_by("family"):agg("count = count()")
  ctx:table(n, { name = "counts", title = HOSTILE })
  ctx:chart { name = "bars", kind = "bar", data = n, x = "family", y = "count", title = HOSTILE }
  ctx:finding { severity = "high", title = HOSTILE, evidence = n, chart = "bars" }
  ctx:text(HOSTILE)
end

describe("a page", function()
  it("allows its own style and scripts by their digests, and nothing else", function()
    local page = page_of(bars)
    local policy = page:match 'http%-equiv="Content%-Security%-Policy" content="([^"]*)"'
    assert.matches("^default%-src 'none'; ", policy)
    assert.is_nil(policy:find("unsafe", 1, true))
    assert.is_nil(policy:find("http", 1, true))
    local style, script = page:match "<style>(.-)</style>", page:match "\n<script>(.-)</script>\n</body>"
    assert.truthy(policy:find("style-src 'sha256-" .. sha256.base64(style) .. "'", 1, true))
    assert.truthy(policy:find("script-src 'sha256-" .. sha256.base64(script) .. "'", 1, true))
  end)

  it("refers to nothing outside itself", function()
    local page = page_of(bars):gsub('<script type="text/plain".-</script>', "")
    assert.is_nil(page:match "src%s*=%s*[\"']http")
    assert.is_nil(page:match "<link[^>]+href=\"http")
    assert.is_nil(page:match "@import")
    assert.is_nil(page:match "<style>(.-)</style>":match "url%(")
  end)

  it("keeps hostile text inside its data", function()
    local page = page_of(bars)
    local _, text = data_of(page)
    assert.is_nil(text:find("<", 1, true))
    assert.is_nil(text:find("\u{2028}", 1, true))
    assert.is_nil(page:find("<script>alert", 1, true))
    assert.equal(HOSTILE, data_of(page).reports[1].findings[1].title)
  end)

  it("survives text of plugins that isn't UTF-8", function()
    local page = page_of(function(ctx) ctx:text "a\xffb" end)
    assert.equal("a\u{fffd}b", data_of(page).reports[1].texts[1])
  end)

  it("can be read without a script: findings and tables, escaped and defanged", function()
    local input = lunette.table { { name = "host", values = { "evil.example", "<b>" } },
      { name = "example", values = { "worse.example", "-" } }, { name = "dns_host", values = { "worst.example", "-" } },
      { name = "ip", values = { lunette.ip "198.18.0.1", lunette.ip "198.18.0.2" } } }
    local page = page_of(function(ctx)
      ctx:table(ctx.input, { name = "hosts" })
      ctx:finding { severity = "low", title = "evil.example and 198.18.0.1 <i>", evidence = ctx.input }
      ctx:text "at 10:20:30 std::x asked http://bad.example:80/a, 2001:db8::7 and https://192.0.2.7."
    end, input)
    local main = page:match "<main.->(.-)</main>"
    assert.truthy(main:find("evil[.]example and 198.18.0[.]1 &lt;i&gt;", 1, true))
    assert.truthy(main:find("at 10:20:30 std::x asked hxxp://bad[.]example:80/a, 2001:db8:[:]7 and hxxps://192.0.2[.]7.", 1, true))
    assert.truthy(main:find("<td>198[.]18[.]0[.]2</td>", 1, true))
    assert.truthy(main:find("<td>&lt;b&gt;</td>", 1, true))
    assert.is_nil(main:find "<[bi]>")
    for _, word in ipairs { "evil", "worse", "worst" } do
      assert.is_nil(main:find(word .. ".example", 1, true))
      assert.truthy(main:find(word .. "[.]example", 1, true))
    end
  end)

  it("leaves versions of four numbers alone, which look like addresses", function()
    local page = page_of(function(ctx)
      ctx:text "Firefox/2.0.0.1, v2.0.0.2, version 2.0.0.3 and release v2.0.0.4; server 192.0.2.1, tcp/192.0.2.2, TCP/192.0.2.3"
    end)
    local main = page:match "<main.->(.-)</main>"
    assert.truthy(main:find("Firefox/2.0.0.1, v2.0.0.2, version 2.0.0.3 and release v2.0.0.4; server 192.0.2[.]1, tcp/192.0.2[.]2, "
      .. "TCP/192.0.2[.]3", 1, true), main)
  end)

  it("escapes its title where it is markup", function()
    local page = html.page({}, { title = "<b>&\"'", time = core.time(0), input = {} })
    assert.truthy(page:find("<title>&lt;b&gt;&amp;&quot;&#39;</title>", 1, true))
  end)

  it("has landmarks, a language and a way past the contents", function()
    local page = page_of(bars)
    for _, part in ipairs { '<html lang="en">', "<header", "<nav", "aria%-label=\"Contents\"", "<main", "<footer",
      'class="skip" href="#main"' } do
      assert.matches(part, page)
    end
    -- Without the chart library, all that a script would replace is there anyway.
    local has_library = page:find('id="asset-echarts"', 1, true) ~= nil
    assert.equal(has_library, page:find("<noscript>", 1, true) ~= nil)
  end)

  it("holds the first 2,000 rows of a table and says how many there are", function()
    local values = {}
    for i = 1, 2500 do values[i] = i end
    local page = page_of(function(ctx) ctx:table(ctx.input, { name = "all" }) end,
      lunette.table { { name = "n", values = values } })
    local one = data_of(page).reports[1].tables[1].data
    assert.same({ 2000, 2500 }, { #one.rows, one.total })
  end)

  it("holds fewer rows, with texts cut, where a feed's fields are long, and says how many there are", function()
    local names, short = {}, {}
    for i = 1, 1500 do names[i], short[i] = ("A"):rep(10000) .. i, "b" .. i end
    local page = page_of(function(ctx) ctx:table(ctx.input, { name = "all" }) end, lunette.table { name = names, short = short })
    local one = data_of(page).reports[1].tables[1].data
    assert.is_true(#page < 1.5e6)
    assert.same({ 1500, "b1", 1001 }, { one.total, one.rows[1][2], utf8.len(one.rows[1][1]) })
    assert.is_true(#one.rows >= 300 and #one.rows < 1500)
  end)
end)

describe("a page of one analysis", function()
  it("says how it counts, what enriched its input, what read it and which time it spans, as a report does", function()
    local page = support.run({ "run", "geomap", "sample", "--enrich", "asn", "--format", "html" }).out
    local data, report = data_of(page), data_of(support.run({ "report", "sample", "--only", "geomap", "-o", "-" }).out)
    assert.same({ "asn 1.0.0", "geoip 1.0.0" }, data.enrichments)
    assert.same({ "threatfox 1.0.0" }, data.sources)
    assert.matches("^Puts IOCs on the map", data.reports[1].description)
    assert.same({ report.span, report.sources, report.reports[1].description }, { data.span, data.sources, data.reports[1].description })
  end)

  it("shows the units of columns, with a script and without", function()
    local page = page_of(function(ctx) ctx:table(ctx.input, { name = "it", units = { port = "<n>" } }) end)
    local columns = data_of(page).reports[1].tables[1].data.columns
    assert.same({ "<n>" }, { columns[2].unit, columns[1].unit })
    assert.truthy(page:find("<th scope=\"col\">port (&lt;n&gt;)</th>", 1, true))
    assert.truthy(page:find("<th scope=\"col\">family</th>", 1, true))
  end)

  it("is written without the chart library also where a figure lacks a column", function()
    local item = { name = "it", kind = "sankey", title = "it", source = "a", data = lunette.table { a = { "x" } } }
    local report = { plugin = "mine", title = "Mine", metrics = {}, texts = {}, tables = {}, findings = {}, charts = { item } }
    local markup = require("lunette.html.static").markup({ report }, { time = core.time(0), input = {} }, "Mine", {}, true)
    assert.truthy(markup:find("<caption>it</caption>", 1, true))
    assert.is_nil(markup:find("<figure>", 1, true))
  end)
end)

describe("the figures of a page", function()
  local function figure(chart, columns)
    local data = data_of(page_of(function(ctx)
      chart.name, chart.data = "it", ctx.input
      ctx:chart(chart)
    end, lunette.table(columns)))
    return data.reports[1].charts[1], data
  end

  it("take ports as categories", function()
    local one = figure({ kind = "bar", x = "port", y = "n" },
      { { name = "port", values = { 995, 443 } }, { name = "n", values = { 3, 4 } } })
    assert.same({ "995", "443" }, one.data.axis)
    assert.same({ 3, 4 }, one.data.series[1].values)
  end)

  it("fold what has no colour of its own into one, with its number", function()
    local names, counts, port = {}, {}, {}
    for i = 1, 14 do names[i], counts[i], port[i] = ("family %02d"):format(i), 100 - i, 80 end
    local one, data = figure({ kind = "bar", stacked = true, x = "port", y = "n", color = "family" },
      { { name = "family", values = names }, { name = "n", values = counts }, { name = "port", values = port } })
    assert.equal(11, #data.palettes.family)
    assert.equal(12, #one.data.series)
    assert.same({ "other (3)", 88 + 87 + 86 }, { one.data.series[12].name, one.data.series[12].values[1] })
  end)

  it("give a family the same place in the palette everywhere", function()
    local columns = { { name = "family", values = { "a", "b", "other (3 families)" } }, { name = "n", values = { 1, 5, 9 } } }
    local data = data_of(page_of(function(ctx)
      for _, name in ipairs { "one", "two" } do
        ctx:chart { name = name, kind = "bar", data = ctx.input, x = "family", y = "n" }
      end
    end, lunette.table(columns)))
    assert.same({ "b", "a" }, data.palettes.family)
    assert.equal("family", data.reports[1].charts[2].palette)
    assert.is_nil(figure({ kind = "bar", x = "family", y = "n" }, columns).palette)
  end)

  it("aggregate histograms and boxes before they reach the page", function()
    local values = {}
    for i = 1, 1001 do values[i] = i end
    local bins = figure({ kind = "histogram", x = "v" }, { { name = "v", values = values } }).data
    assert.same({ 21, 22, 0, 50 }, { #bins.counts, #bins.edges, bins.edges[1], bins.edges[2] })
    local sum = 0
    for _, n in ipairs(bins.counts) do sum = sum + n end
    assert.equal(1001, sum)
    assert.same({ 1, 251, 501, 751, 1001 },
      figure({ kind = "box", y = "v" }, { { name = "v", values = values } }).data.boxes[1])
  end)

  it("draw the largest points only, and say of how many", function()
    local lat, lon, n = {}, {}, {}
    for i = 1, 6500 do lat[i], lon[i], n[i] = 0.5, 0.5, i end
    local one = figure({ kind = "map", lat = "lat", lon = "lon", size = "n" }, { { name = "lat", values = lat },
      { name = "lon", values = lon }, { name = "n", values = n } }).data
    assert.same({ 6000, 6500, 6500 }, { one.drawn, one.of, one.series[1].points[1][3] })
  end)

  it("say which column they lack", function()
    local one = figure({ kind = "sankey", source = "a" }, { { name = "a", values = { "x" } } })
    assert.equal("the chart 'it': a sankey needs the field 'target'", one.lacks)
  end)

  it("say which column can't be drawn for its type", function()
    local one = figure({ kind = "bar", x = "a", y = "a" }, { { name = "a", values = { "x" } } })
    assert.equal("the chart 'it': y is 'a', a column of type string; a bar needs numbers there", one.lacks)
    assert.is_nil(figure({ kind = "bar", x = "a", y = "a" }, { { name = "a", values = { "7" } } }).lacks)
  end)

  it("say what they count, of how many, and what they leave out", function()
    local page = page_of(function(ctx)
      ctx:chart { name = "it", kind = "bar", data = ctx.input, x = "family", y = "port", note = "all 2" }
    end)
    assert.equal("all 2", data_of(page).reports[1].charts[1].note)
    local ioc = require "lunette.kit.ioc"
    assert.equal("counts all 7 IOCs", ioc.note({ counted = 7, of = 7 }, { { 0, "without a port" } }))
    assert.equal("counts 4 of 9 IOCs; left out: 2 of other threat types than botnet_cc, 3 without a port",
      ioc.note({ counted = 7, of = 9, wanted = "botnet_cc" }, { { 3, "without a port" } }))
  end)

  it("add what an analysis has folded to what they fold themselves", function()
    local names, counts = {}, {}
    for i = 1, 13 do names[i], counts[i] = ("family %02d"):format(i), 100 - i end
    names[14], counts[14] = "other (1,300 families)", 5
    local one = figure({ kind = "area", x = "day", y = "n", color = "family" }, { { name = "family", values = names },
      { name = "n", values = counts }, { name = "day", values = (function()
        local days = {}
        for i = 1, 14 do days[i] = lunette.time "2021-01-01" end
        return days
      end)() } })
    local last = one.data.series[#one.data.series]
    assert.same({ "other (1,302 families)", 88 + 87 + 5, true }, { last.name, last.values[1], last.rest })
  end)

  it("fold bars beyond forty into one, where they can be added up", function()
    local names, counts, shares = {}, {}, {}
    for i = 1, 50 do names[i], counts[i], shares[i] = "b" .. i, 1, 0.5 end
    local columns = { { name = "b", values = names }, { name = "n", values = counts }, { name = "s", values = shares } }
    local folded = figure({ kind = "bar", x = "b", y = "n" }, columns).data
    assert.same({ 40, "other (11)", 11 }, { #folded.axis, folded.axis[40], folded.series[1].values[40] })
    local cut = figure({ kind = "bar", x = "b", y = "s" }, columns).data
    assert.same({ 40, 50, "b40" }, { #cut.axis, cut.of, cut.axis[40] })
  end)

  it("have error bars, stages of flows, and countries", function()
    local bar = figure({ kind = "bar", x = "f", y = "m", low = "a", high = "z" }, { { name = "f", values = { "x" } },
      { name = "m", values = { 2.5 } }, { name = "a", values = { 2.0 } }, { name = "z", values = { 3.0 } } }).data
    assert.same({ { 2 }, { 3 } }, { bar.series[1].low, bar.series[1].high })
    local flow = figure({ kind = "sankey", source = "a", via = "b", target = "c", size = "n" }, { { name = "a", values = { "x", "x" } },
      { name = "b", values = { "y", "y" } }, { name = "c", values = { "x", "z" } }, { name = "n", values = { 2, 3 } } }).data
    assert.same({ { "x", "y", 5, 0 }, { "y", "z", 3, 1 }, { "y", "x", 2, 1 } }, flow.links)
    local map = figure({ kind = "map", lat = "y", lon = "x", country = "c", size = "n" }, { { name = "y", values = { 1, 2, 3 } },
      { name = "x", values = { 1, 2, 3 } }, { name = "c", values = { "SG", "MT", "SG" } }, { name = "n", values = { 1, 3, 4 } } }).data
    assert.same({ { "SG", 5 }, { "MT", 3 } }, map.countries)
  end)

  it("put the names that rows and columns of a heatmap share on the diagonal", function()
    local one = figure({ kind = "heatmap", x = "to", y = "from", size = "n" }, { { name = "from", values = { "a", "b", "c" } },
      { name = "to", values = { "z", "a", "b" } }, { name = "n", values = { 1, 2, 3 } } }).data
    assert.same({ { "a", "b", "c" }, { "a", "b", "z" }, { 2, 0, 1 } }, { one.rows, one.axis, one.cells[1] })
  end)

  it("put the numbers of a heatmap in their order, whatever order they came in", function()
    local one = figure({ kind = "heatmap", x = "hour", y = "host", size = "n" }, { { name = "host", values = { "b", "a", "b" } },
      { name = "hour", values = { 15, 9, 10 } }, { name = "n", values = { 3, 2, 1 } } }).data
    assert.same({ { "b", "a" }, { "9", "10", "15" }, { { 2, 0, 3 }, { 0, 1, 2 }, { 1, 0, 1 } } }, { one.rows, one.axis, one.cells })
  end)

  it("are left out with a word where there is nothing to draw", function()
    local one = figure({ kind = "bar", x = "b", y = "n" }, { { name = "b", type = "string", values = {} },
      { name = "n", type = "int", values = {} } })
    assert.same({ true, "nothing to draw: no row of the input belongs here" }, { one.data == nil, one.lacks })
  end)

  it("leave gaps where values are null, also of times", function()
    local one = figure({ kind = "line", x = "day", y = "n" }, {
      { name = "day", type = "time", values = { lunette.time "2021-01-01", lunette.null } },
      { name = "n", values = { 1, 2 } } })
    assert.same({ { 1609459200000 }, { 1 } }, { one.data.axis, one.data.series[1].values })
  end)
end)

describe("lunette report", function()
  after_each(support.clean)

  it("writes every analysis that fits the sample into one page, the same every time", function()
    local path = support.temporary ".html"
    local env = { SOURCE_DATE_EPOCH = "1600000000" }
    local words = { "report", "sample", "-o", path, "--quiet" }
    assert.equal(0, support.run(words, { env = env }).status)
    local first = support.content(path)
    words[#words + 1] = "--threads=1"
    support.run(words, { env = env })
    local again = support.content(path):gsub(" %-%-threads=1", "")
    assert.equal(#first, #again)
    assert.is_true(first == again)
    assert.is_true(#first < 3e6)
    local data, names = data_of(first), {}
    for i, report in ipairs(data.reports) do names[i] = report.plugin end
    assert.equal("families timeline ports geomap asn overlap", table.concat(names, " ", 1, 6))
    assert.equal("2020-09-13T12:26:40Z", data.time)
    assert.equal(64, #data.input.files[1].sha256)
    assert.equal(2, #data.databases)
    local reasons = {}
    for _, one in ipairs(data.left_out) do reasons[one.plugin] = one.reason end
    assert.equal("it takes long; --plugin classify adds it", reasons.classify)
    assert.matches("a list of indicators, not a log of look%-ups", reasons.dns)
  end)

  it("says what to give when there is no input", function()
    local got = support.run { "report" }
    assert.equal(2, got.status)
    assert.matches("report needs an input: a feed's file, %- for the standard input, or sample", got.err)
  end)

  it("leaves out what doesn't fit and says why", function()
    local feed = support.file("family,port\nQakBot,995\nTrickBot,449\n", ".csv")
    local path = support.temporary ".html"
    local got = support.run { "report", feed, "-o", path }
    assert.equal("", got.out)
    local data = data_of(support.content(path))
    local reasons = {}
    for _, one in ipairs(data.left_out) do reasons[one.plugin] = one.reason end
    assert.matches("no column 'first_seen' %(time%)", reasons.timeline)
    assert.equal("families", data.reports[1].plugin)
  end)

  it("leaves out an analysis that fails, and says so; one that was asked for by name ends the run", function()
    local folder = support.folder { ["analyses/broken.lua"] = [[return { api = 1, kind = "analysis", name = "broken",
      version = "1.0.0", summary = "Broken", params = {}, input = {}, run = function() error "no luck" end }]] }
    local feed, path = support.file("family,port\nQakBot,995\n", ".csv"), support.temporary ".html"
    local env = { LUNETTE_PLUGINS = folder }
    assert.equal(0, support.run({ "report", feed, "-o", path }, { env = env }).status)
    local reasons = {}
    for _, one in ipairs(data_of(support.content(path)).left_out) do reasons[one.plugin] = one.reason end
    assert.matches("it failed: .*no luck", reasons.broken)
    local got = support.run({ "report", feed, "--only", "broken", "-o", path }, { env = env })
    assert.equal(1, got.status)
    assert.matches("'broken' can't run: it failed: .*no luck", got.err)
  end)

  it("fails when nothing fits, naming each analysis' need", function()
    local got = support.run { "report", support.file("a,b\n1,2\n", ".csv"), "-o", support.temporary ".html" }
    assert.equal(1, got.status)
    assert.matches("no analysis fits the input:\n.*  families: the input has no column 'family'", got.err)
  end)

  it("runs only what is asked for, and a plugin of one's own", function()
    local plugin = support.file([[return { api = 1, kind = "analysis", name = "mine", version = "1.0.0", summary = "Mine",
      params = {}, input = { port = "int" }, run = function(ctx) ctx:table(ctx.input:head(1), { name = "x" }) end }]], ".lua")
    local path = support.temporary ".html"
    local got = support.run { "report", "sample", "--only", "ports", "--plugin", plugin, "--tlp", "tlp:amber+strict", "-o", path }
    assert.equal(0, got.status, got.err)
    local data = data_of(support.content(path))
    assert.same({ 2, "ports", "mine", "AMBER+STRICT" },
      { #data.reports, data.reports[1].plugin, data.reports[2].plugin, data.tlp })
    support.run { "report", "sample", "--only", "mine,ports", "--plugin", plugin, "-o", path }
    assert.same({ "mine", "ports" }, { data_of(support.content(path)).reports[1].plugin, data_of(support.content(path)).reports[2].plugin })
  end)

  it("leaves out an analysis that says that the input isn't for it, from outside too, unless it is asked for by name", function()
    local text = [[return { api = 1, kind = "analysis", name = "NAME", version = "1.0.0", summary = "Mine", params = {},
      input = { port = "int" }, run = function(ctx) ctx:table(ctx.input:head(1), { name = "x" }) return "no ports of mine" end }]]
    local env = { LUNETTE_PLUGINS = support.folder { ["analyses/mine.lua"] = text:gsub("NAME", "mine") } }
    local path = support.temporary ".html"
    support.run({ "report", "sample", "-o", path }, { env = env })
    local reasons = {}
    for _, one in ipairs(data_of(support.content(path)).left_out) do reasons[one.plugin] = one.reason end
    assert.equal("no ports of mine", reasons.mine)
    assert.equal(0, support.run({ "report", "sample", "--only", "mine", "-o", path }, { env = env }).status)
    assert.equal("mine", data_of(support.content(path)).reports[1].plugin)
  end)

  it("opens the page in the browser, or says that there is none", function()
    local folder, path = support.folder { ["xdg-open"] = "#!/bin/sh\necho \"$1\" > \"$0.asked\"\n" }, support.temporary ".html"
    os.execute(("chmod +x '%s/xdg-open'"):format(folder))
    local feed = support.file("family,port\nQakBot,995\n", ".csv")
    local words = { "report", feed, "--only", "families", "-o", path, "--open" }
    assert.equal(0, support.run(words, { env = { PATH = folder .. ":" .. os.getenv "PATH" } }).status)
    local asked
    for _ = 1, 100 do
      local file = io.open(folder .. "/xdg-open.asked")
      asked = file and file:read "l"
      if file then file:close() end
      if asked then break end
      os.execute "sleep 0.05"
    end
    assert.equal(path, asked)
    assert.matches("no browser could be started .*open .*html in one", support.run(words, { env = { PATH = "/nowhere" } }).err)
  end)

  it("draws places that the input brings itself, without a database", function()
    local feed, path = support.file("family,ip,country,lat,lon\nQakBot,198.18.0.1,DE,50,8\n", ".csv"), support.temporary ".html"
    local got = support.run({ "report", feed, "--only", "geomap", "-o", path }, { env = { LUNETTE_GEO_DB = "/nowhere/city.mmdb" } })
    assert.equal(0, got.status, got.err)
    assert.same({ { "DE", 1 } }, data_of(support.content(path)).reports[1].charts[1].data.countries)
  end)

  it("says of each file how many rows it has, and which plugins read and enriched it", function()
    local one, two = support.file("family,port\nQakBot,995\n", ".csv"), support.file("family,port\nQakBot,995\nx,1,2,3\n", ".csv")
    local path = support.temporary ".html"
    assert.equal(0, support.run { "report", one, two, "-o", path }.status)
    local data = data_of(support.content(path))
    assert.same({ 1, 0, 1, 1 }, { data.input.files[1].rows, data.input.files[1].rejected, data.input.files[2].rows,
      data.input.files[2].rejected })
    assert.same({ "csv 1.0.0" }, data.sources)
    support.run { "report", "sample", "-o", path, "--quiet" }
    assert.same({ "geoip 1.0.0", "asn 1.0.0" }, data_of(support.content(path)).enrichments)
  end)

  it("names those who made an address database", function()
    local of = require("lunette.html.about").attribution
    assert.matches("DB%-IP", of { path = "/x/dbip-city-lite.mmdb", type = "DBIP-City-Lite", description = "" })
    assert.matches("MaxMind", of { path = "/x/geo.mmdb", type = "GeoLite2-City", description = "GeoLite2 City" })
    assert.is_nil(of { path = "/x/a.mmdb", type = "GeoLite2-ASN", description = "made of X (CC BY 4.0)" })
  end)

  it("knows the TLP's labels, and names the nearest analysis", function()
    assert.matches("is no TLP label: there are AMBER", support.run({ "report", "sample", "--tlp", "PINK" }).err)
    assert.matches("did you mean 'ports'", support.run({ "report", "sample", "--only", "prots" }).err)
  end)

  it("writes one analysis as a page too", function()
    local path = support.temporary ".html"
    assert.equal(0, support.run({ "run", "ports", "sample", "-o", path }).status)
    assert.equal("ports", data_of(support.content(path)).reports[1].plugin)
    assert.matches("^<!doctype html>", support.run({ "run", "ports", "sample", "--format", "html" }).out)
  end)

  it("never writes over its input", function()
    local feed = support.file("family,port\nQakBot,995\n", ".csv")
    local got = support.run { "report", feed, "-o", feed }
    assert.equal(2, got.status)
    assert.matches("is an input, which results don't replace", got.err)
  end)
end)

describe("sha256", function()
  it("gives the published digests", function()
    local function hex(text) return (sha256.digest(text):gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
    assert.equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", hex "")
    assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", hex "abc")
    assert.equal("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
      hex "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
    assert.equal("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", sha256.base64 "")
  end)
end)
