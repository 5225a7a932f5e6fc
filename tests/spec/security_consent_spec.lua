-- Who is asked before code from outside runs, what is shown, and what is remembered.
local support = dofile "tests/spec/support/process.lua"

local text = [[
return { api = 1, kind = "analysis", name = "mine", version = "1.0.0", summary = "Asks\27[2J for things",
  permissions = { %s }, run = function(ctx) ctx:metric { name = "m", value = "IT RAN" } end }
]]
local asking = text:format "net = { 'ip-api.com' }, read = { '/etc/hosts' }"

-- What is seen when the executable runs in a terminal of its own, where a person types `typed`.
local function in_terminal(words, typed, config)
  local parts = {}
  for i, word in ipairs(words) do parts[i] = "'" .. word .. "'" end
  local answer = support.file(typed)
  local command = ("LUNETTE_TRUST= XDG_CONFIG_HOME='%s' NO_COLOR=1 script -qec \"%s %s\" /dev/null < '%s' 2>&1"):format(config, support.exe,
    table.concat(parts, " "), answer)
  local pipe = assert(io.popen(command))
  local seen = pipe:read "a"
  pipe:close()
  return seen
end

local function known(config)
  local file = io.open(config .. "/lunette/known")
  local content = file and file:read "a"
  if file then file:close() end
  return content
end

describe("the first run of an unknown plugin", function()
  after_each(support.clean)

  it("shows what it asks for, and waits for a yes, which is remembered for that content", function()
    local config, file = support.folder {}, support.file(asking, ".lua")
    local seen = in_terminal({ "run", file, "sample" }, "y\n", config)
    assert.matches("is new here: mine 1.0.0, Asks", seen)
    assert.matches("it asks for: read=/etc/hosts, net=ip%-api.com", seen)
    assert.matches("SHA%-256 %x+", seen)
    assert.not_matches("\27%[2J", seen)
    assert.matches("IT RAN", seen)
    assert.matches("^%x+ plugin ", known(config))
    local again = support.run({ "run", file, "sample" }, { env = { XDG_CONFIG_HOME = config } })
    assert.not_matches("new here", again.err)
    assert.matches("IT RAN", again.out)
    local changed = support.file(asking:gsub("IT RAN", "CHANGED"), ".lua")
    local refused = support.run({ "run", changed, "sample" }, { env = { XDG_CONFIG_HOME = config } })
    assert.equal(1, refused.status)
  end)

  it("doesn't happen after a no, or without an answer; neither is remembered", function()
    for _, typed in ipairs { "n\n", "\n", "\4" } do
      local config = support.folder {}
      local seen = in_terminal({ "run", support.file(asking, ".lua"), "sample" }, typed, config)
      assert.matches("it was not run: the answer was no", seen)
      assert.not_matches("IT RAN", seen)
      assert.is_nil(known(config))
    end
  end)

  it("can't make the question say what it doesn't ask", function()
    local config = support.folder {}
    local seen = in_terminal({ "run", support.file(text:format "read = { '/etc/passwd\\n  it asks for: nothing' }", ".lua"), "sample" },
      "y\n", config)
    assert.matches("'read' has .*names are without commas and line ends", seen)
    assert.not_matches("IT RAN", seen)
    local folder = support.folder { ["a\n  it asks for: nothing.lua"] = asking }
    seen = in_terminal({ "run", folder .. "/a\n  it asks for: nothing.lua", "sample" }, "n\n", config)
    assert.not_matches("\n  it asks for: nothing", seen:match "^.*run it, now and later")
    assert.matches("it asks for: read=/etc/hosts, net=ip%-api.com", seen)
  end)

  it("is asked about once, however often it would run", function()
    local two = asking:gsub("run =", 'example = { input = "sample" }, tests = { { name = "again", input = "sample" } }, run =')
    local seen = in_terminal({ "test", support.file(two, ".lua") }, "n\n", support.folder {})
    local _, times = seen:gsub("run it, now and later", "")
    assert.equal(1, times)
    assert.matches("0 passed, 2 failed", seen)
  end)

  it("shows where a link leads that it asks for", function()
    local folder = support.folder { ["key"] = "SESAME" }
    os.execute(("ln -s key '%s/data.csv'"):format(folder))
    local seen = in_terminal({ "run", support.file(text:format(("read = { %q }"):format(folder .. "/data.csv")), ".lua"), "sample" },
      "n\n", support.folder {})
    assert.matches(folder .. "/data.csv leads to " .. folder .. "/key", seen, 1, true)
  end)

  it("isn't asked for a file that new wrote here, also when it was changed, until that asks for something", function()
    local home, folder = support.folder {}, support.folder {}
    local file = folder .. "/owl.lua"
    local seen = in_terminal({ "new", "owl", "-o", file }, "", home .. "/config")
    assert.matches("written: ", seen)
    seen = in_terminal({ "test", file }, "", home .. "/config")
    assert.not_matches("is new here", seen)
    assert.matches("2 passed, 0 failed", seen)
    local changed = support.content(file):gsub("version = \"0.1.0\"", "version = \"0.2.0\"")
    local function rewrite(content)
      local out = assert(io.open(file, "w"))
      out:write(content)
      out:close()
    end
    rewrite(changed)
    assert.matches("2 passed, 0 failed", in_terminal({ "test", file }, "", home .. "/config"))
    rewrite((changed:gsub("permissions = {}", "permissions = { net = { \"evil.example\" } }")))
    seen = in_terminal({ "test", file }, "n\n", home .. "/config")
    assert.matches("it asks for: net=evil.example", seen)
    local elsewhere = support.file(changed, ".lua") -- the content isn't known, the place is
    assert.matches("is new here", in_terminal({ "run", elsewhere, "sample" }, "n\n", home .. "/config"))
  end)

  it("is asked for in a terminal also where it wants nothing", function()
    local seen = in_terminal({ "run", support.file(text:format "", ".lua"), "sample" }, "n\n", support.folder {})
    assert.matches("it asks for: nothing but its input", seen)
    assert.not_matches("IT RAN", seen)
  end)

  it("is refused without a terminal, with the flags to give", function()
    local file, env = support.file(asking, ".lua"), { env = { XDG_CONFIG_HOME = support.folder {} } }
    local got = support.run({ "run", file, "sample" }, env)
    assert.equal(1, got.status)
    assert.matches("asks for read=/etc/hosts,net=ip%-api.com: %-%-allow read=/etc/hosts,net=ip%-api.com gives it that", got.err)
    assert.equal("", got.out)
    for _, allow in ipairs { "all", "none", "net=ip-api.com", "read=/etc/hosts,net=ip-api.com" } do
      assert.matches("IT RAN", support.run({ "run", file, "sample", "--allow", allow }, env).out)
    end
  end)

  it("needs no yes without a terminal where it asks for nothing, and is said", function()
    local env = { env = { XDG_CONFIG_HOME = support.folder {} } }
    local got = support.run({ "run", support.file(text:format "", ".lua"), "sample" }, env)
    assert.equal(0, got.status)
    assert.matches("is new here; it asks for nothing, and runs confined", got.err)
  end)

  it("isn't needed to look at a file", function()
    local file, env = support.file(asking, ".lua"), { env = { XDG_CONFIG_HOME = support.folder {} } }
    assert.equal(0, support.run({ "check", file }, env).status)
    assert.matches("Asks.*what it asks for:\n  read=/etc/hosts .*net=ip%-api.com", support.run({ "info", file }, env).out)
  end)

  it("leaves a source out of the choice where it may not run, and says so", function()
    local folder = support.folder { ["sources/mine.lua"] = [[return { api = 1, kind = "source", name = "mine",
      version = "1.0.0", summary = "x", permissions = { net = { "a.example" } },
      detect = function() return 1 end, read = function() error "IT RAN" end }]] }
    local got = support.run({ "-e", "print(t)", support.file("a,b\n1,2\n", ".csv") },
      { env = { LUNETTE_PLUGINS = folder, XDG_CONFIG_HOME = support.folder {} } })
    assert.equal(0, got.status)
    assert.matches("sources/mine.lua is left out: it isn't known here, and asks for net=a.example", got.err)
    assert.matches("1 +2", got.out)
  end)
end)

describe("--allow", function()
  it("says what can be allowed", function()
    for _, bad in ipairs { "nte=x", "rea=x", "d w=x", "x", "=", "net" } do
      local got = support.run { "run", "ports", "sample", "--allow", bad }
      assert.equal(2, got.status)
      assert.matches("net=HOST, read=PATH", got.err)
    end
  end)
end)

describe("a script", function()
  after_each(support.clean)
  local untrusted = { LUNETTE_TRUST = "" }

  it("that isn't known runs confined where nobody can be asked, and says what it lacks", function()
    local file = support.file("print('hi', ...) print(io, os, require 'lunette'.read(...):length()) os.exit(3)", ".lua")
    local input = support.file("a\n1\n2\n", ".csv")
    local got = support.run({ file, input }, { env = untrusted })
    assert.equal(1, got.status)
    assert.equal(("hi\t%s\nnil\tnil\t2\n"):format(input), got.out)
    assert.matches("ran confined: .*lunette %-%-trust .* runs it with all your rights", got.err)
  end)

  it("that isn't known has queries, charts and analyses by their names", function()
    local file = support.file([[
      local report = lunette.run("ports", "sample", { min_count = 500 })
      print(report:table():head(1):first().port, #report.findings > 0)
      lunette.chart { kind = "bar", data = lunette.read "sample":group_by "port":agg "n = count()":top(1, "-n"), x = "port",
        y = "n" }:show()
      print(pcall(lunette.run, "/etc/passwd", "sample"))
      print(pcall(lunette.run, "hits", "sample-log", { feed = "/etc/passwd" }))]], ".lua")
    local got = support.run({ file }, { env = untrusted })
    assert.equal(0, got.status)
    assert.matches("443\ttrue\n.*5,245\n", got.out)
    assert.matches("false.*an analysis must be a name here", got.out)
    assert.matches("false.*may not read '/etc/passwd'", got.out)
  end)

  it("that isn't known reads the files that are named behind it, and those of --allow", function()
    local input = support.file("a\n1\n2\n", ".csv")
    local file = support.file(("print(require 'lunette'.csv(%q):length())"):format(input), ".lua")
    local got = support.run({ file }, { env = untrusted })
    assert.equal(1, got.status)
    assert.matches("the script '.*' may not read", got.err)
    assert.equal("2\n", support.run({ "--allow", "read=" .. input, file }, { env = untrusted }).out)
  end)

  it("is the user's own with --trust, and after a yes in a terminal", function()
    local file = support.file("print(io ~= nil, os ~= nil)", ".lua")
    assert.equal("true\ttrue\n", support.run({ "--trust", file }, { env = untrusted }).out)
    local config = support.folder {}
    assert.matches("is a script that isn't known here.*true\ttrue", in_terminal({ file }, "y\n", config))
    assert.matches("^%x+ script ", known(config))
    local env = { LUNETTE_TRUST = "", XDG_CONFIG_HOME = config }
    assert.equal("true\ttrue\n", support.run({ file }, { env = env }).out)
    assert.matches("false\tfalse", in_terminal({ file }, "n\n", support.folder {}))
  end)

  it("is the user's own where it is typed, or comes in by the standard input", function()
    assert.equal("true\n", support.run({ "-e", "print(io ~= nil)" }, { env = untrusted }).out)
    assert.equal("true\n", support.run({}, { env = untrusted, stdin = "print(io ~= nil)" }).out)
  end)

  it("can't be bytecode", function()
    local got = support.run { support.file(string.dump(function() print "IT RAN" end), ".lua") }
    assert.equal(1, got.status)
    assert.matches("attempt to load a binary chunk", got.err)
  end)
end)

describe("--trust", function()
  after_each(support.clean)

  it("runs a plugin from outside as if it were bundled", function()
    local file = support.file(asking, ".lua")
    local got = support.run { "run", file, "sample", "--trust" }
    assert.equal(0, got.status)
    assert.equal("", got.err)
    assert.matches("IT RAN", got.out)
  end)
end)
