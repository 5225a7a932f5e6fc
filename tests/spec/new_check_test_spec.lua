-- Writing plugins: lunette new, check and test; .save at the prompt.
local support = dofile "tests/spec/support/process.lua"

local folder

-- Runs the executable in the folder.
local function run(words, stdin)
  local exe, parts = support.absolute(), {}
  for i, word in ipairs(words) do parts[i] = "'" .. word:gsub("'", "'\\''") .. "'" end
  local out, err = support.temporary(), support.temporary()
  local input = stdin and support.file(stdin) or "/dev/null"
  local _, _, status = os.execute(("cd '%s' && env NO_COLOR=1 COLUMNS=120 XDG_CONFIG_HOME='%s/config' '%s' %s < '%s' > '%s' 2> '%s'")
    :format(folder, folder, exe, table.concat(parts, " "), input, out, err))
  return { out = support.content(out), err = support.content(err), status = status }
end

local function write(name, text)
  local file = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
  file:close()
end

-- The new plugin with one thing changed, checked.
local function check_changed(from, to, kind)
  run { "new", "mine", "--kind", kind or "analysis", "-o", "fresh/mine.lua" }
  local text = support.content(folder .. "/fresh/mine.lua")
  local first, last = text:find(from, 1, true)
  assert(first, from)
  write("mine.lua", text:sub(1, first - 1) .. to .. text:sub(last + 1))
  return run { "check", "mine.lua" }
end

describe("writing plugins", function()
  before_each(function() folder = support.folder { ["fresh/keep"] = "" } end)
  after_each(support.clean)

  for _, kind in ipairs { "analysis", "source", "enrich" } do
    it("new writes a sound plugin whose example and tests pass: " .. kind, function()
      local got = run { "new", "my_hunt", "--kind", kind }
      assert.equal(0, got.status)
      assert.matches("^written: my_hunt.lua\n", got.out)
      got = run { "check", "my_hunt.lua" }
      assert.equal(0, got.status)
      assert.matches("my_hunt.lua: my_hunt 0.1.0 is sound; its example", got.out)
      got = run { "test", "my_hunt.lua" }
      assert.equal(0, got.status)
      assert.matches("ok   my_hunt: example\n", got.out)
      assert.matches("\n%d passed, 0 failed\n$", got.out)
    end)
  end

  it("new says when a plugin of that name is there already", function()
    local got = run { "new", "ports" }
    assert.equal(0, got.status)
    assert.matches("there is a plugin 'ports' already", got.err)
    assert.equal("", run({ "new", "my_hunt" }).err)
  end)

  it("new's analysis runs on the sample, draws its figure, and is known by name where plugins are", function()
    run { "new", "my_hunt" }
    local got = run { "run", "my_hunt.lua", "sample", "max_families=1", "--charts" }
    assert.equal(0, got.status)
    assert.matches("█", got.out)
    os.execute(("mkdir -p '%s/config/lunette/plugins/analyses' && cp '%s/my_hunt.lua' '%s/config/lunette/plugins/analyses/'")
      :format(folder, folder, folder))
    assert.matches("my_hunt +Which families", run({ "list" }).out)
    assert.equal(0, run({ "run", "my_hunt", "sample" }).status)
    assert.matches("2 passed, 0 failed\n$", run({ "test", "my_hunt" }).out)
  end)

  it("new overwrites nothing and says which name would do", function()
    write("taken.lua", "mine")
    local got = run { "new", "taken" }
    assert.equal(2, got.status)
    assert.matches("taken.lua exists, and nothing is overwritten", got.err)
    assert.equal("mine", support.content(folder .. "/taken.lua"))
    assert.matches("try 'my_hunt'", run({ "new", "My-Hunt" }).err)
    assert.matches("is called as the plugin is: a.lua", run({ "new", "a", "-o", "b.lua" }).err)
    assert.matches("'anlysis' is none of analysis, enrich, source %(did you mean 'analysis'", run({ "new", "a", "--kind", "anlysis" }).err)
  end)

  it("check says what is wrong, in which line, and what to do", function()
    local cases = {
      { "summary =", "sumary =", "mine.lua:14: unknown field 'sumary' %(did you mean 'summary'%?%)\n" },
      { "type = \"int\", default = 2", "type = \"itn\", default = 2",
        "mine.lua:29: params.max_families.type must be one of .* %(did you mean 'int'" },
      { "default = 10", "default = 'ten'", "mine.lua:30: params.top.default is not a whole number" },
      { "port > 0", "prot > 0", "mine.lua:%d+: the example: no column 'prot' %(did you mean 'port'%?%)\n +prot > 0\n +%^%^%^%^\n" },
      { "{ rare_ports = 5 }", "{ rare_ports = 6 }", "mine.lua:41: the example: the table 'rare_ports' has 5 rows, not 6\n" },
      { "metrics = { ports = 2", "metrics = { ports = 3", "mine.lua:48: the test 'a port .*: the metric 'ports' is 2, not 3\n" },
      { "first = { port = 1", "first = { port = 2", "the first row's port is 1, not 2" },
      { "{ \"of one family", "{ \"of two families", "no finding says 'of two families only' %(%d+ findings; the first: Port" },
      { "charts = { rare_ports", "charts = { rare_port", "there is no chart 'rare_port' %(did you mean 'rare_ports'%?%)" },
      { "{ family = \"string\", port", "{ port",
        "mine.lua:25: the field 'input' doesn't name all columns that it uses .*no column 'family'" },
      { "local rare = ports", "local rare = ports + os.time()",
        "mine.lua:%d+: 'os': plugins have no os: lunette.now%(%) is the time it is\n" },
      { "run = function(ctx)", "run = function(ctx", "mine.lua:%d+: .*'%)' expected" },
      { "y = \"count\"", "y = \"cuont\"", "mine.lua:%d+: the example: ctx:chart: y is 'cuont'.*did you mean 'count'" },
      { "expect = { tables", "expect = { table", "mine.lua:41: the field 'example' .expect has the unknown field 'table'" },
      { "name = \"a port", "nam = \"a port", "the field 'tests' number 1 needs a name: what it promises" },
      { "head:find \"^seen", "head:find \"^been", "detect doesn't know the example's file", "source" },
      { "port = address:port_of()", "prt = address:port_of()", "the result has no column 'port' %(did you mean 'prt'%?%)", "source" },
      { "family = \"Cobalt Strike\", ip", "family = \"Emotet\", ip", "first row's family is \"Cobalt Strike\", not \"Emotet\"", "source" },
      { "derive((\"zone", "derive((\"zne", "apply didn't add the column 'zone' that the manifest names", "enrich" },
    }
    for _, case in ipairs(cases) do
      local got = check_changed(case[1], case[2], case[4])
      os.remove(folder .. "/fresh/mine.lua")
      assert.equal(1, got.status, case[1])
      assert.matches(case[3], got.out)
    end
  end)

  it("check says what of an expectation can't come out", function()
    local got = check_changed("first = { port = 1,", "first = { prt = 1,")
    assert.matches("the table 'rare_ports' has no column 'prt' (did you mean 'port'?)", got.out, 1, true)
    got = check_changed('findings = { "of one family only" }', 'findings = { "[" }')
    assert.matches("expect.findings: '[' is no pattern: malformed pattern", got.out, 1, true)
    assert.matches("'summary' must be one line of at most 300 bytes", check_changed('summary = "', 'summary = "' .. ("x"):rep(300)).out)
    assert.matches("an error was raised that is a table, without a text", check_changed(":filter \"port > 0\"", ":filter(error {})").out)
    assert.matches("'net' must be a list of strings", check_changed("permissions = {}", "permissions = { net = 'x' }").out)
  end)

  it("check takes a test that must fail, and says when it doesn't", function()
    local got = check_changed("expect = { tables = { rare_ports = { rows",
      "expect = { error = \"no such thing\", tables = { rare_ports = { rows")
    assert.matches("it should fail, saying 'no such thing'", got.out)
    os.remove(folder .. "/fresh/mine.lua")
    got = check_changed("text = \"family,port\\nA,1", "text = \"fam,prt\\nA,1")
    assert.matches("the input doesn't fit the analysis 'mine'", got.out)
  end)

  it("test counts what passes and fails, in files and folders, and ends with 1 where one fails", function()
    run { "new", "good" }
    run { "new", "bad" }
    local text = support.content(folder .. "/bad.lua"):gsub("rare_ports = 5", "rare_ports = 4")
    write("bad.lua", text)
    write("helper.lua", "return 1\n")
    local got = run { "test", "." }
    assert.equal(1, got.status)
    assert.matches("FAIL bad: example\n +the table 'rare_ports' has 5 rows, not 4\n", got.out)
    assert.matches("\n3 passed, 1 failed\n$", got.out)
    assert.is_nil(got.out:find "helper")
    assert.equal(0, run({ "test", "good.lua" }).status)
    got = run { "test", "godo" }
    assert.equal(2, got.status)
    assert.matches("no file, folder or plugin 'godo'", got.err)
  end)

  it("the bundled plugins pass their examples", function()
    local got = run { "test", "families", "ports", "threatfox" }
    assert.matches("3 passed, 0 failed\n$", got.out)
  end)
end)

describe(".save", function()
  before_each(function() folder = support.folder {} end)
  after_each(support.clean)

  it("turns the session's lines into a plugin with a test that passes", function()
    local got = run({ "sample" }, [[
t:filter "port == 443"
:group_by "family":agg "n = count()"
:top(3, "-n")
local top = _
#top
function twice(x)
  return x * 2
end
x = twice(21)
x
lunette.chart { kind = "bar", data = top, x = "family", y = "n" }
this is wrong
.save busy
]])
    assert.matches("written: busy.lua\n", got.out)
    assert.matches("its example passes: lunette test busy.lua", got.err)
    assert.matches("1 passed, 0 failed\n$", run({ "test", "busy.lua" }).out)
    local csv = run({ "run", "busy.lua", "sample", "--format", "csv" }).out
    assert.matches("^family,n\nCobalt Strike,%d+\n[^\n]+\n[^\n]+\n$", csv)
    local text = support.content(folder .. "/busy.lua")
    assert.matches("expect = { tables = { table_1 = 3 }, metrics = { number_1 = 3, x = 42 }, charts = { chart_1 = true } }", text)
    assert.is_nil(text:find "this is wrong")
    assert.matches("input = { port = \"int\", family = \"string\" }", text)
  end)

  it("takes the rows of a file as the example, and further inputs as parameters", function()
    write("log.csv", "seen,host,n\n2021-01-02,a.example,4\n2021-01-03,b.example,5\n")
    local got = run({ "log.csv", "log.csv" }, "t:join(t2, 'host')\n.save both\n")
    assert.matches("its example holds the first rows of the input", got.err)
    assert.matches("its example passes", got.err)
    assert.matches("t2 = { type = \"input\"", support.content(folder .. "/both.lua"))
    got = run({}, "local log = lunette.read 'log.csv'\nlog:filter 'n > 4'\n_:head(1)\n.save own\n")
    assert.matches("its example passes", got.err)
    assert.matches("local log = ctx.input\n", support.content(folder .. "/own.lua"))
  end)

  it("takes the analyses that were run, with their queries, parameters, enrichments and files", function()
    write("feed.csv", "ip,port,family\n240.0.14.103,995,Own\n")
    local got = run({ "sample-log" }, [[
web = t:filter "dst_port == 443"
.run topn web by=dst_ip n=3
_:table()
.run topn by=dst_port
.run hits feed=feed.csv findings=0
.run topn t web by=proto
.save hunt
]])
    assert.matches("its example passes", got.err)
    local text = support.content(folder .. "/hunt.lua")
    assert.matches('ctx:run("topn", web, { by = "dst_ip", n = 3 })', text, 1, true)
    assert.matches('ctx:run("topn", t, { by = "dst_port" })', text, 1, true)
    assert.matches('ctx:run("hits", t, { feed = ctx.params.feed, findings = 0 })', text, 1, true)
    assert.matches('ctx:run("topn", lunette.concat { t, web }, { by = "proto" })', text, 1, true)
    assert.matches("report_1:table()", text, 1, true)
    assert.matches("topn = 3, table_1 = 3, topn_topn = ", text, 1, true)
    assert.matches("hits = 1", text, 1, true)
    local report = run({ "run", "./hunt.lua", "sample-log", "feed=feed.csv", "--table", "hits", "--format", "csv" }).out
    assert.matches("\n240.0.14.103:995,ip:port,Own,", report, 1, true)
  end)

  it("takes the enrichments of an analysis that was run, unless they have files of their own", function()
    local save_run, plugin = require "lunette.repl.save_run", require("lunette.plugin").find("analysis", "topn")
    local function text(name, given)
      local asked = { list = { { name = name, given = given } } }
      return save_run.text({ env = {}, inputs = {} }, { plugin = plugin, names = { "sample" }, given = { by = "x" }, asked = asked }, {})
    end
    assert.equal('ctx:run("topn", lunette.read "sample":enrich("geoip", {}), { by = "x" })', text("geoip", {}))
    assert.is_nil(text("warninglist", { lists = "own.txt" }))
  end)

  it("says why it can't", function()
    local got = run({ "sample" }, ".save early\nt:head(1)\n.save Bad-Name\n.save\n.save one\n.save one\n")
    assert.matches("nothing has run yet that could be saved", got.err)
    assert.matches("try 'bad_name'", got.err)
    assert.matches(".save needs a name", got.err)
    assert.matches("one.lua exists, and nothing is overwritten", got.err)
    assert.matches("the session has no input", run({}, "1 + 1\n.save two\n").err)
  end)
end)
