-- A session without a terminal: lines from a pipe, or from another program's streams.
local lunette = require "lunette"
local support = dofile "tests/spec/support/process.lua"

local feed = "family,port\nQakBot,995\nTrickBot,449\nQakBot,443\n"

-- What a session over streams of its own writes, says and counts as failed.
local function session(lines, options)
  local input, output, messages = io.tmpfile(), io.tmpfile(), io.tmpfile()
  input:write(lines)
  input:seek "set"
  local all = { input = input, output = output, messages = messages }
  for key, value in pairs(options or {}) do all[key] = value end
  local failures = lunette.repl(all)
  output:seek "set"
  messages:seek "set"
  return output:read "a", messages:read "a", failures
end

describe("a session", function()
  after_each(support.clean)

  it("shows what expressions give, and keeps names", function()
    local out, err, failures = session "x = 20\nx + 1\n'text'\nnil\nprint('said')\n{ 1, b = { 'c' } }\n= x\n"
    assert.equal("21\ntext\nnil\nsaid\n{ 1, b = { \"c\" } }\n20\n", out)
    assert.same({ "", 0 }, { err, failures })
  end)

  it("keeps what local declares, since its line would end it", function()
    assert.equal("3\n8\nnil\n6\n", (session [[
local a, b = 1, 2
a + b
local function f(n) return n < 2 and 1 or 2 * f(n - 1) end
f(4)
local c
c
do local d = 6; print(d) end
]]))
    assert.equal("5\n", (session "local x <const> = 5; print(x)\n"))
  end)

  it("goes on with the value of the line before where a line starts with a colon", function()
    local path = support.file(feed, ".csv")
    local out = session(("t = lunette.read %q\n  :filter \"family == 'QakBot'\"\n  :select \"port\"\n#t\nt\n:head(1)\n"):format(path))
    assert.equal("2\nport\n int\n 995\n 443\nport\n int\n 995\n", out)
    local _, err = session ":head(1)\n"
    assert.matches("goes on with the value of the line before, and there is none", err)
  end)

  it("takes several lines as one statement, and says so where they never end", function()
    assert.equal("6\n", (session "function f(x)\n  return x * 2\nend\nf(3)\n"))
    local _, err, failures = session "for i = 1, 2 do\n"
    assert.matches("'end' expected", err)
    assert.equal(1, failures)
  end)

  it("says what fails and goes on: a caret under the mistake, the nearest name", function()
    local path = support.file(feed, ".csv")
    local out, err, failures = session("t:filter 'prot == 1'\nx = = 3\nlunete.read()\n1 + 1\n", { inputs = { path } })
    assert.equal("2\n", out)
    assert.equal(3, failures)
    assert.matches("no column 'prot' %(did you mean 'port'%?%)\n  prot == 1\n  %^%^%^%^\n", err)
    assert.matches("unexpected symbol near '='\n  x = = 3\n      %^\n", err)
    assert.matches("global 'lunete'%) %(did you mean 'lunette'%?%)", err)
  end)

  it("waits for the rest of an expression, and says so when there is none", function()
    assert.equal("3\n", (session "1 +\n2\n"))
    local _, err, failures = session "1 +\n"
    assert.equal(1, failures)
    assert.matches("the input ends before it is complete", err)
  end)

  it("keeps its names to itself in another program", function()
    session "leaked_name = 1\n"
    assert.is_nil(rawget(_G, "leaked_name"))
    local env = { answer = 42 }
    assert.equal("42\n", (session("answer\nmore = 1\n", { env = env })))
    assert.equal(1, env.more)
  end)

  it("leaves Ctrl-C as it found it", function()
    local code = "lunette.repl { input = io.tmpfile(), output = io.stderr } while true do end"
    local err = support.temporary()
    local _, _, status = os.execute(("timeout -s KILL 20 timeout -s INT --foreground --preserve-status 0.8 '%s' -e '%s' 2> '%s'")
      :format(support.exe, code, err))
    assert.same({ 130, "lunette: interrupted\n" }, { status, support.content(err) })
  end)

  it("refuses options that it doesn't have", function()
    assert.has_error(function() lunette.repl { inptu = io.stdin } end)
    local ok, e = pcall(lunette.repl, { inptu = io.stdin })
    assert.is_false(ok)
    assert.matches("no option of repl is called 'inptu' %(did you mean 'input'%?%)", tostring(e))
    assert.matches("repl: input is 3, not a file", tostring(select(2, pcall(lunette.repl, { input = 3 }))))
  end)
end)

describe("dot commands", function()
  local path
  before_each(function() path = support.file(feed, ".csv") end)
  after_each(support.clean)

  local function with_feed(lines) return session(lines, { inputs = { path } }) end

  it("show the schema and the queries, and open files", function()
    assert.equal("  family  string\n  port    int\n", (with_feed ".schema\n"))
    assert.equal("  port  int\n", (with_feed ".schema t:select 'port'\n"))
    local out = with_feed((".load %s\n.load %s mine\n.tables\n"):format(path, path))
    assert.matches("^t2 is [^\n]*, 2 columns\nmine is [^\n]*, 2 columns\n  mine  [^\n]*\n  t     [^\n]*\n  t2    [^\n]*, 2 columns\n$", out)
  end)

  it("run a file that is trusted, in the session", function()
    local script = support.file("#!/usr/bin/lunette\nanswer = #t * 2", ".lua")
    local lines = { stdin = (".load %s\nanswer\n"):format(script) }
    assert.equal("6\n", support.run({ "--trust", path }, lines).out)
    lines.env = { LUNETTE_TRUST = "" }
    local got = support.run({ path }, lines)
    assert.equal("nil\n", got.out)
    assert.matches("isn't trusted, and in the session it could do all that you can", got.err)
  end)

  it("run analyses on the session's queries; the report is the last value", function()
    local out = with_feed ".run topn t by=family\n#_:table()\n"
    assert.matches("QakBot +2", out)
    assert.matches("\n2\n$", out)
    local _, err = with_feed ".run topn tt by=family\n.run prots\n.run topn by=family mni=1\n"
    assert.matches("no query and no file 'tt'", err)
    assert.matches("no analysis 'prots' %(did you mean 'ports'%?%)", err)
    assert.matches("no parameter 'mni'", err)
  end)

  it("set how results are shown", function()
    assert.matches("… 1 of 3 rows", (with_feed ".rows 1\nt\n"))
    local _, err = with_feed ".set timing on\n1\n.set counts on\nt\n"
    assert.matches("%d%.%d%d%d s\n", err)
    assert.matches("3 rows of 2 columns\n", err)
    assert.matches("rows 20", (with_feed ".set rows\n"))
    _, err = with_feed ".set timnig on\n.set rows many\n"
    assert.matches("no setting 'timnig' %(did you mean 'timing'%?%)", err)
    assert.matches("rows is a whole number, 1 or more, not 'many'", err)
  end)

  it("write results, explain queries, show rejects", function()
    local target = support.temporary ".ndjson"
    local out, err = with_feed((".write %s t:filter 'port == 995'\n.explain t:filter 'port == 995'\n.rejects\n"):format(target))
    assert.equal('{"family":"QakBot","port":995}\n', support.content(target))
    assert.matches("port == 995", out)
    assert.matches("every row was read", err)
    err = select(2, with_feed((".write %s\n"):format(path)))
    assert.matches("is an input, which results don't replace", err)
  end)

  it("are found by a beginning that only one has, and named when mistyped", function()
    assert.equal("  family  string\n  port    int\n", (with_feed ".sch\n"))
    local _, err, failures = with_feed ".shcema\n"
    assert.matches("no command '.shcema' %(did you mean '.schema'%?%); .help lists them", err)
    assert.equal(1, failures)
  end)

  it("help: commands, verbs, functions, and what is near", function()
    local out = session ".help\n"
    for _, name in ipairs { "help", "schema", "tables", "load", "run", "set", "quit" } do
      assert.matches("\n  %." .. name, out)
    end
    assert.matches("q:filter%(expression, params%)", (session ".help filter\n"))
    assert.matches("trunc%(", (session ".help trunc\n"))
    assert.matches("%.schema %[QUERY%]", (session ".help .schema\n"))
    local _, err = session ".help tranc\n"
    assert.matches("did you mean 'trunc'", err)
  end)

  it("end the session, list and forget its lines", function()
    assert.equal("1\n", (session "1\n.quit\n2\n"))
    assert.equal("7\n  1  x = 7\n  2  x\n  1  x = 7\n", (session "x = 7\nx\n.lines\n.forget\n.lines\n"))
  end)
end)

describe("the executable without a terminal", function()
  after_each(support.clean)

  it("runs a script from the standard input, locals and all", function()
    assert.equal("7\n", support.run({}, { stdin = "local x = 3\nprint(x + 4)" }).out)
    local got = support.run({}, { stdin = "local x = nil\nx.y = 1\n" })
    assert.same({ 1, "" }, { got.status, got.out })
    assert.matches("stdin:2:", got.err)
    got = support.run({}, { stdin = "print('a')\nfor do\n" })
    assert.same({ 1, "" }, { got.status, got.out })
  end)

  it("takes lines that are no script as a session's", function()
    assert.equal("2\n", support.run({}, { stdin = "1 + 1\n" }).out)
    assert.matches("%.schema", support.run({}, { stdin = ".help\n" }).out)
  end)

  it("takes lines about the inputs that are named", function()
    local path = support.file(feed, ".csv")
    local got = support.run({ path }, { stdin = "t:head(1)\n#t\n.schema\n" })
    assert.equal("family  port\nstring   int\nQakBot   995\n3\n  family  string\n  port    int\n", got.out)
    assert.equal(0, got.status)
    got = support.run({ path }, { stdin = "t:haed(1)\n#t\n" })
    assert.same({ "3\n", 1 }, { got.out, got.status })
    assert.matches("did you mean 'head'", got.err)
  end)
end)
