-- Completion at the prompt: what can stand at the cursor (a `|` here), without a terminal.
local lunette = require "lunette"
local complete = require "lunette.repl.complete"
local support = dofile "tests/spec/support/process.lua"

local env

local function at(line, more)
  local cursor = line:find("|", 1, true)
  local text = line:sub(1, cursor - 1) .. line:sub(cursor + 1)
  local world = { env = env }
  for key, value in pairs(more or {}) do world[key] = value end
  local found = complete.at(text, cursor - 1, world)
  return found.candidates, text:sub(found.first, cursor - 1)
end

local function has(list, name)
  for _, each in ipairs(list) do
    if each == name then return true end
  end
  return false
end

describe("completion", function()
  before_each(function()
    env = setmetatable({
      t = lunette.table { family = { "QakBot" }, port = { 995 }, first_seen = { "x" }, ["odd name"] = { 1 } },
      hosts = lunette.table { host = { "a" }, ip = { "b" } }, box = {}, lunette = lunette,
    }, { __index = _G })
    env.box.t = env.t
  end)

  it("offers what a name stands for behind a dot or colon", function()
    assert.same({ "filter" }, (at "t:filt|"))
    assert.same({ "filter" }, (at "box.t:filt|"))
    assert.same({ "format" }, (at "string.form|"))
    assert.same({ "read", "repl" }, (at "lunette.re|"))
    assert.is_true(has(at "print(t:|", "group_by"))
    assert.same({ "upper" }, (at "('x'):upp|"))
  end)

  it("offers the columns of the query in hand inside of expressions", function()
    assert.same({ "family" }, (at "t:filter 'fam|"))
    assert.same({ "family" }, (at "t:filter(\"port == 1 and fam|\")"))
    assert.same({ "odd name" }, (at "t:select('`odd|"))
    assert.is_true(has(at "t:select('|", "`odd name`"))
    assert.same({ "first_seen" }, (at "t:sort('-first_|"))
    assert.same({ "first_seen" }, (at "t:drop('family', 'fi|"))
  end)

  it("knows the columns that verbs make and take away, and runs nothing", function()
    assert.same({ "double" }, (at "t:derive('double = port * 2'):filter('dou|"))
    assert.same({}, (at "t:select('port'):filter('fam|"))
    assert.same({ "many" }, (at "t:group_by('family'):agg('many = count()'):sort('man|"))
    assert.same({ "agg" }, (at "t:group_by('family'):|"))
    local touched = false
    env.trap = function() touched = true return env.t end
    assert.same({}, (at "trap():filt|"))
    at "t:head(trap()):filter('fam|"
    assert.is_false(touched)
  end)

  it("offers the other query's columns behind a join's equals sign", function()
    assert.same({ "family" }, (at "t:join(hosts, 'fam|"))
    assert.same({ "host" }, (at "t:join(hosts, { 'family = ho|"))
  end)

  it("offers functions where they can stand: aggregates in agg, window functions in window, methods behind a colon", function()
    assert.same({ "starts_with" }, (at "t:filter('starts|"))
    assert.same({ "starts_with" }, (at "t:filter('family:starts|"))
    assert.same({}, (at "t:filter('count_d|"))
    assert.same({ "count_distinct", "count_distinct_approx" }, (at "t:group_by('port'):agg('n = count_d|"))
    assert.same({ "row_number" }, (at "t:window { by = 'port', 'n = row_n|"))
    assert.same({ "port" }, (at "t:window { by = 'po|"))
  end)

  it("offers nothing inside of a text of the expression, a number or a comment", function()
    assert.same({}, (at "t:filter(\"family == 'por|"))
    assert.same({}, (at "t:filter('port == 3p|"))
    assert.same({}, (at "-- t:fil|"))
    assert.same({}, (at "x = 'fam|"))
  end)

  it("goes on with the lines before, and with the value of the line before", function()
    assert.same({ "family" }, (at("  'fam|", { before = "t:select(" })))
    assert.same({ "filter" }, (at(":filt|", { previous = env.t })))
    assert.same({ "family" }, (at("  :filter 'fam|", { previous = env.t })))
  end)

  it("offers plugins, their parameters, and the values of those", function()
    assert.same({ "ports" }, (at ".run por|"))
    assert.same({ "min_count=", "min_share=", "min_total=" }, (at ".run ports min|"))
    assert.same({ "min_count=1" }, (at ".run ports min_count=|"))
    assert.same({ "feed=sample", "feed=sample-dns", "feed=sample-log" }, (at ".run hits feed=sam|"))
    assert.same({ "hosts" }, (at ".run ports hos|"))
    assert.same({ "ports" }, (at "lunette.run('po|"))
    assert.same({ "min_count = ", "min_share = ", "min_total = " }, (at "lunette.run('ports', t, { min|"))
    assert.same({ "geoip" }, (at "t:enrich 'ge|"))
    assert.same({ "geoip", "geomap" }, (at ".info ge|"))
  end)

  it("offers files, folders with a slash", function()
    local folder = support.folder { ["a-feed.csv"] = "x\n1\n", ["below/b.csv"] = "x\n1\n" }
    finally(support.clean)
    assert.same({ folder .. "/a-feed.csv" }, (at(".load " .. folder .. "/a|")))
    assert.same({ folder .. "/below/" }, (at(("lunette.read '%s/be|"):format(folder))))
    assert.same({ folder .. "/below/b.csv" }, (at(("t:write '%s/below/|"):format(folder))))
    assert.is_true(has(at "lunette.read 'sam|", "sample"))
  end)

  it("offers files with spaces as commands take them: behind a backslash", function()
    local folder = support.folder { ["my feed.csv"] = "x\n1\n", ["my dir/b c.csv"] = "x\n1\n" }
    finally(support.clean)
    assert.same({ folder .. "/my\\ feed.csv" }, (at(".load " .. folder .. "/my\\ f|")))
    assert.same({ folder .. "/my\\ dir/", folder .. "/my\\ feed.csv" }, (at(".load " .. folder .. "/my|")))
    assert.same({ "feed=" .. folder .. "/my\\ dir/b\\ c.csv" }, (at(".run hits t feed=" .. folder .. "/my\\ dir/|")))
    assert.same({ folder .. "/my feed.csv" }, (at("lunette.read '" .. folder .. "/my f|")))
    local words = require("lunette.repl.commands").words
    assert.same({ "my feed.csv", "a b", "feed=x y", "z\\w" }, words [[my\ feed.csv "a b"  feed=x\ y z\w]])
    assert.same({}, words "  ")
  end)

  it("offers methods of a column that take its type", function()
    env.log = env.t:derive("at = time('2021-01-01')", "host = family")
    local function offered(line) return has(at(line), "trim"), has(at(line), "trunc") end
    assert.same({ false, true }, { offered "log:filter 'at:tr|" })
    assert.same({ true, false }, { offered "log:filter 'host:tr|" })
    assert.same({ true, false }, { offered "log:filter '`host`:tr|" })
    assert.same({ true, true }, { offered "log:filter '(at):tr|" }) -- what has no name has no type yet
    assert.same({ true, true }, { offered "log:derive 'a = at:trunc(1):tr|" })
    assert.is_true(has(at "log:derive 'a = port:sq|", "sqrt"))
  end)

  it("offers dot commands, settings and their values, topics", function()
    assert.same({ ".schema" }, (at ".sche|"))
    assert.same({ "timing" }, (at ".set tim|"))
    assert.same({ "off", "on" }, (at ".set timing |"))
    assert.same({ "trunc" }, (at ".help trun|"))
    assert.same({ "select" }, (at ".schema t:sel|"))
  end)

  it("says what Tab does: the common beginning, the only candidate, a list", function()
    local world = { env = env }
    assert.same({ 4, "filter" }, { complete.action("t:filt", 6, world, 80) })
    assert.same({ 3, "min_" }, { complete.action(".run ports min", 14, world, 80) })
    assert.same({ 0, nil, "min_count=  min_share=  min_total=\n" }, { complete.action(".run ports min_", 15, world, 80) })
    assert.same({ 4, ".quit " }, { complete.action(".qui", 4, world, 80) })
    assert.is_nil((complete.action("t:nothing", 9, world, 80)))
  end)
end)
