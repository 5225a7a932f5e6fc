local lunette = require "lunette"
local support = dofile "tests/spec/support/process.lua"

local iocs = lunette.table {
  { name = "family", values = { "QakBot", "TrickBot", "QakBot", "Emotet", "QakBot", lunette.null } },
  { name = "port", values = { 995, 449, 443, 8080, 995, 80 } },
  { name = "confidence", values = { 100, 50, 75, 100, 25, 50 } },
}

-- The rows as "a b c" texts in the order of the columns; null as "-".
local function rows(query)
  local names, out = {}, {}
  for i, column in ipairs(query:schema()) do names[i] = column.name end
  for row in query:rows() do
    local cells = {}
    for i, name in ipairs(names) do cells[i] = row[name] == nil and "-" or tostring(row[name]) end
    out[#out + 1] = table.concat(cells, " ")
  end
  return out
end

local function message(fn, ...)
  local ok, e = pcall(fn, ...)
  assert.is_false(ok)
  return tostring(e)
end

describe("verbs", function()
  it("filter keeps what is true", function()
    assert.same({ "QakBot 995 100", "QakBot 443 75" },
      rows(iocs:filter("family == 'QakBot' and confidence >= $min", { min = 50 })))
  end)

  it("filter takes lists as parameters", function()
    assert.same({ "QakBot 995 100", "QakBot 995 25", "- 80 50" }, rows(iocs:filter("port in $ports", { ports = { 995, 80 } })))
    assert.same({ "TrickBot 449 50", "Emotet 8080 100" }, rows(iocs:filter("port not in ($ports, 443)", { ports = { 995, 80 } })))
    assert.same({}, rows(iocs:filter("port in $ports", { ports = {} })))
    assert.same(6, #iocs:filter("port not in $ports", { ports = {} }))
    assert.same({ "QakBot 443 75" }, rows(iocs:filter("family:starts_with($names) and port < 450", { names = { "Q", "E" } })))
    assert.same({ "3" }, rows(iocs:agg("n = count() where family in $f", { f = { "QakBot", lunette.null } })))
  end)

  it("a list in the wrong place is named", function()
    assert.matches("'$ports' is a list: it goes after 'in'", message(iocs.filter, iocs, "port == $ports", { ports = { 1 } }))
    assert.matches("is a table, but no list", message(iocs.filter, iocs, "port in $ports", { ports = { a = 1 } }))
    assert.matches("the list '$names' is empty", message(iocs.filter, iocs, "family:ends_with($names)", { names = {} }))
    assert.matches("value 2 of the list 'ports' is a table", message(iocs.filter, iocs, "port in $ports", { ports = { 1, {} } }))
  end)

  it("map makes a column by a Lua function, and says so in explain", function()
    local mapped = iocs:filter "port < 1000":map("word", "string", function(row) return row.family and row.family .. row.port end)
    assert.same({ "QakBot 995 100 QakBot995", "TrickBot 449 50 TrickBot449", "QakBot 443 75 QakBot443", "QakBot 995 25 QakBot995",
      "- 80 50 -" }, rows(mapped))
    assert.matches("^map word %(string%) by a Lua function, row by row: slow\n", mapped:explain())
    assert.same({ "QakBot 1 100" }, rows(iocs:map("port", "int", function() return 1 end):head(1)))
    assert.same({ "QakBot 3", "TrickBot 1", "Emotet 1" }, rows(iocs
      :map("inner", "int", function(row) return #iocs:filter("port > $p", { p = row.port }) end)
      :filter "inner < 5":group_by "family":agg "n = count()":filter "n > 0"))
  end)

  it("map names the row of a mistake, and the engine goes on", function()
    local failing = iocs:map("x", "int", function(row) return row.family.y.z end)
    assert.matches("map 'x', row 1: .*query_spec.lua:%d+: attempt to index", message(function() return #failing end))
    assert.matches("value 1 of column 'x' is a string", message(function() return #iocs:map("x", "int", tostring) end))
    assert.matches("no type 'number'", message(iocs.map, iocs, "x", "number", tostring))
    assert.same(6, #iocs)
    local raised = message(function() return #iocs:map("x", "int", function() return #iocs:filter "nope == 1" end) end)
    assert.matches("no column 'nope'", raised)
  end)

  it("derive adds and replaces columns", function()
    assert.same({ "QakBot 996 100 200" },
      rows(iocs:derive("port = port + 1", "double = confidence * $k", { k = 2 }):head(1)))
  end)

  it("select, drop and rename choose columns", function()
    assert.same({ "995 QakBot 2" }, rows(iocs:select("port", "family", "k = 1 + 1"):head(1)))
    assert.same({ "QakBot 995" }, rows(iocs:drop("confidence"):head(1)))
    local renamed = iocs:rename("name = family", "p = port")
    assert.is_true(renamed:has "name" and renamed:has("p", "int") and not renamed:has "family")
    assert.is_true(iocs:rename({ family = "name" }):has "name")
  end)

  it("group_by and agg count groups in the order of their first rows", function()
    assert.same({ "QakBot 3 100", "TrickBot 1 50", "Emotet 1 100", "- 1 50" },
      rows(iocs:group_by("family"):agg("n = count()", "best = max(confidence)")))
    assert.same({ "6" }, rows(iocs:agg "n = count()"))
    assert.same({ "6" }, rows(iocs:count()))
  end)

  it("agg knows quantiles, spread, frequency, lists and conditions over all rows", function()
    assert.same({ "62.5 QakBot true false" },
      rows(iocs:agg("q = quantile(confidence, 0.5)", "m = mode(family)", "a = any(port == 80)", "l = all(port == 80)")))
    assert.same({ "QakBot 995;443;995 995", "TrickBot 449 449", "Emotet 8080 8080", "- 80 80" },
      rows(iocs:group_by("family"):agg("ports = list(port, ';')", "p = mode(port)")))
    assert.same({ "5 2.0 -" }, rows(iocs:agg("n = count_distinct_approx(port)",
      "e = entropy(family) where family in ('QakBot', 'TrickBot', 'Emotet') and port ~= 995 or port == 8080",
      "s = stddev(port) where port == 80"):derive("e = round(e * 1.2618595071429148, 3)")))
  end)

  it("sort, head, tail, slice and top choose rows", function()
    assert.same({ "80", "443", "449", "995", "995", "8080" }, rows(iocs:sort("port"):select "port"))
    assert.same({ "995", "449" }, rows(iocs:select("port"):head(2)))
    assert.same({ "995", "80" }, rows(iocs:select("port"):tail(2)))
    assert.same({ "449", "443" }, rows(iocs:select("port"):slice(2, 2)))
    assert.same({}, rows(iocs:head(0)))
    assert.same({}, rows(iocs:tail(0)))
    assert.same({ "8080", "995" }, rows(iocs:select("port"):top(2, "-port")))
  end)

  it("distinct keeps first rows", function()
    assert.same({ "995", "449", "443", "8080", "80" }, rows(iocs:select("port"):distinct()))
    assert.equal(4, #iocs:distinct "family")
  end)

  it("join, semi_join and anti_join put tables together", function()
    local names = lunette.table { key = { "QakBot", "Emotet" }, alias = { "Qbot", "Heodo" } }
    assert.same({ "QakBot 995 100 Qbot" }, rows(iocs:join(names, "family = key"):head(1)))
    assert.equal(4, #iocs:join(names, { "family = key" }))
    assert.equal(6, #iocs:join(names, "family = key", { kind = "left" }))
    assert.equal(4, #iocs:semi_join(names, "family = key"))
    assert.equal(2, #iocs:anti_join(names, "family = key"))
  end)

  it("fill_null, sample and explode change values and rows", function()
    local t = lunette.table { { name = "k", values = { "a", lunette.null } }, { name = "tags", values = { "x,y", "" } } }
    assert.same({ "a x", "a y", "- -" }, rows(t:explode "tags"))
    assert.same({ "a x,y", "none " }, rows(t:fill_null("k = $k", { k = "none" })))
    assert.equal(3, #iocs:sample(3))
    assert.same(rows(iocs:sample(3, 7)), rows(iocs:sample(3, 7)))
    assert.equal(6, #iocs:sample(100))
  end)

  it("window sees the rows around without moving any", function()
    assert.same({ "995 1 -", "449 1 -", "443 2 552", "8080 1 -", "995 3 -552", "80 1 -" },
      rows(iocs:window({ by = "family", order = "-confidence", "n = row_number()", "d = lag(port, $k) - port" }, { k = 1 })
        :select("port", "n", "d")))
    assert.same({ "995 1 1", "449 4 3", "443 3 2", "8080 1 1", "995 6 4", "80 4 3" },
      rows(iocs:window { order = "-confidence", "r = rank()", "d = dense_rank()" }:select("port", "r", "d")))
    assert.same({ "995", "1444", "1887" }, rows(iocs:window { "port = cumsum(port)" }:select "port":head(3)))
  end)

  it("unpivot makes rows of columns, pivot columns of rows", function()
    local t = lunette.table { { name = "k", values = { "a", "b" } }, { name = "x", values = { 1, 2 } },
      { name = "y", values = { 0.5, lunette.null } } }
    assert.same({ "a x 1.0", "b x 2.0", "a y 0.5", "b y -" }, rows(t:unpivot { columns = { "x", "y" } }))
    local pivoted = iocs:pivot({ keys = "port", columns = "family", value = "max(confidence + $k)" }, { k = 1 })
    assert.same({ "port", "Emotet", "QakBot", "TrickBot", "null" },
      (function(names) for i, c in ipairs(pivoted:schema()) do names[i] = c.name end return names end) {})
    assert.same({ "995 - 101 - -", "449 - - 51 -" }, rows(pivoted:head(2)))
  end)

  it("concat puts rows one after the other", function()
    assert.equal(12, #iocs:concat(iocs))
    assert.equal(6, #lunette.concat { iocs })
  end)

  it("leave the query they start from as it was", function()
    iocs:filter "port == 80"
    assert.equal(6, #iocs)
  end)
end)

describe("mistakes", function()
  it("in an expression show where, and the nearest name", function()
    local text = message(iocs.filter, iocs, "famly == 'QakBot'")
    assert.matches("no column 'famly' %(did you mean 'family'%?%)", text)
    assert.matches("famly == 'QakBot'\n%s*%^+", text)
  end)

  it("carry their code, message and place", function()
    local _, e = pcall(iocs.filter, iocs, "port == 'x'")
    assert.equal("type", e.code)
    assert.is_string(e.message)
    assert.is_number(e.at)
  end)

  it("name the line of the script that made them", function()
    local path = support.file("local t = lunette.table { n = { 1 } }\n\nt:filter 'm == 1'\n", ".lua")
    local got = support.run { path }
    assert.equal(1, got.status)
    assert.matches("%.lua:3: no column 'm'", got.err)
    support.clean()
  end)

  it("in arguments are named by the verb", function()
    assert.matches("filter takes an expression as a string, not a number", message(iocs.filter, iocs, 5))
    assert.matches("derive: definition 2 is a number, not a string", message(iocs.derive, iocs, "a = 1", 2))
    assert.matches("derive needs at least one definition", message(iocs.derive, iocs))
    assert.matches("head takes a number of rows, 0 or more, not %-1", message(iocs.head, iocs, -1))
    assert.matches("join needs a query, not a string", message(iocs.join, iocs, "x", "y"))
    assert.matches("there is no join of kind 'lef' %(did you mean 'left'%?%)",
      message(iocs.join, iocs, iocs, "port", { kind = "lef" }))
    assert.matches("it is 'inner', 'left', 'outer', 'semi' or 'anti'", message(iocs.join, iocs, iocs, "port", { kind = "full" }))
    assert.matches("exchange the sides, other:join", message(iocs.join, iocs, iocs, "port", { kind = "right" }))
    assert.matches("no option of join is called 'knd' %(did you mean 'kind'%?%)",
      message(iocs.join, iocs, iocs, "port", { knd = "left" }))
    assert.matches("rename: 'a' is not of the form 'new = old'", message(iocs.rename, iocs, "a"))
    assert.matches("'$x' is a list", message(iocs.filter, iocs, "port == $x", { x = {} }))
    assert.matches("no column 'prot' %(did you mean 'port'%?%)", message(iocs.column, iocs, "prot"))
  end)

  it("in windows point at what is wrong", function()
    assert.matches("rank needs an order", message(iocs.window, iocs, { "r = rank()" }))
    assert.matches("no option of window is called 'odrer' %(did you mean 'order'%?%)",
      message(iocs.window, iocs, { odrer = "port", "r = rank()" }))
    assert.matches("window needs at least one definition", message(iocs.window, iocs, { by = "port" }))
    assert.matches("cumsum doesn't take string", message(iocs.window, iocs, { "r = cumsum(family)" }))
    assert.matches("no column 'famly'", message(iocs.window, iocs, { by = "famly", "r = row_number()" }))
  end)

  it("in verbs that reshape say what is wanted", function()
    assert.matches("explode splits a string, and 'port' is int", message(iocs.explode, iocs, "port"))
    assert.matches("no column 'prot'", message(iocs.unpivot, iocs, { columns = { "port", "prot" } }))
    assert.matches("pivot needs 'keys'", message(iocs.pivot, iocs, {}))
    assert.matches("'port' has more than 2 values",
      message(iocs.pivot, iocs, { keys = "family", columns = "port", value = "count()", limit = 2 }))
    assert.matches("fill_null replaces nulls", message(iocs.fill_null, iocs, "port"))
  end)

  it("at run time name the row", function()
    local q = iocs:derive "x = 1 // (port - 449)"
    assert.matches("row 2", message(q.collect, q))
  end)
end)

describe("results", function()
  it("are collected once and stay queries", function()
    local collected = iocs:filter("port == 995"):collect()
    assert.equal(2, #collected)
    assert.equal(1, #collected:filter "confidence == 100")
    assert.equal(collected, collected:collect())
  end)

  it("come as rows in batches, all of them in order", function()
    local values = {}
    for i = 1, 5000 do values[i] = i end
    local n = 0
    for row in lunette.table({ n = values }):rows() do
      n = n + 1
      assert.equal(n, row.n)
    end
    assert.equal(5000, n)
  end)

  it("are printed with types under the header", function()
    local text = tostring(iocs:head(1))
    assert.equal("family  port  confidence\nstring   int         int\nQakBot   995         100", text)
  end)

  it("are written in the format that the file's ending says", function()
    local path = support.temporary ".csv"
    iocs:head(2):write(path)
    assert.equal("family,port,confidence\nQakBot,995,100\nTrickBot,449,50\n", support.content(path))
    path = support.temporary ".ndjson"
    iocs:head(1):write(path)
    assert.equal('{"family":"QakBot","port":995,"confidence":100}\n', support.content(path))
    assert.matches("can't tell the format of 'x.xls'", message(iocs.write, iocs, "x.xls"))
    assert.matches("can't tell the format of 'cvs' %(did you mean 'csv'%?%)",
      message(iocs.write, iocs, "x", { format = "cvs" }))
    support.clean()
  end)

  it("explain how they are made", function()
    assert.is_string(iocs:filter("port == 80"):explain())
  end)

  it("the same with the optimiser and without", function()
    local q = iocs:derive("k = port + 1"):filter("k > 450 and family ~= 'Emotet'"):sort("-k"):head(3)
    local plan = rawget(q, "_plan")
    local function ports(result) return result:column("k"):values() end
    assert.same(ports(plan:run()), ports(plan:run(true)))
  end)
end)

describe("the documentation", function()
  it("has an example that runs for every function and verb", function()
    local file = assert(io.open "docs/language.md")
    local text = file:read "a"
    file:close()
    local examples = {}
    for block in text:gmatch "```lua run\n(.-)```" do examples[#examples + 1] = block end
    local run = table.concat(examples)
    local function uses(name) return run:find("%f[%w_]" .. name .. "%f[^%w_]") ~= nil end
    local missing = {}
    for _, each in ipairs(require("lunette.core").functions()) do
      if not uses(each.name) then missing[#missing + 1] = each.name end
    end
    for name in pairs(require("lunette.query").Query) do
      local verb = type(name) == "string" and name:match "^%l[%l_]+$"
      local other = { handle = true, has = true, schema = true, rejects = true, counts = true, write = true, collect = true,
        text = true, length = true, enrich = true }
      if verb and not other[name] and not uses(name) then missing[#missing + 1] = name end
    end
    assert.same({}, missing)
  end)
end)
