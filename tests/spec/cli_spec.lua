local lunette = require "lunette"
local support = dofile "tests/spec/support/process.lua"
local decode = require("dkjson").decode

local header = "family,port,ip\n"
local feed = header .. "QakBot,995,198.18.0.1\nTrickBot,449,198.18.0.2\nQakBot,443,198.18.0.1\n"

-- A plugin file that counts the rows of each family.
local counter = [[
return {
  api = 1, kind = "analysis", name = "counter", version = "1.0.0", summary = "Counts",
  input = { family = "string" },
  params = { min = { type = "int", default = 1, min = 1, doc = "Least." } },
  run = function(ctx)
    ctx.log("min is %d", ctx.params.min)
    local n = ctx.input:group_by "family":agg "n = count()":filter("n >= $min", { min = ctx.params.min })
    ctx:table(n, { name = "counts" })
    ctx:table(ctx.input, { name = "all" })
  end,
}
]]

local function run(...) return support.run { ... } end

describe("the command line", function()
  after_each(support.clean)

  it("runs code as lua does", function()
    local got = run("-e", "print(1 + 1, lunette.version)")
    assert.same({ "2\t" .. lunette.version .. "\n", "", 0 }, { got.out, got.err, got.status })
  end)

  it("gives code its inputs as t, t2, …", function()
    local a, b = support.file(feed, ".csv"), support.file(header .. "Emotet,80,198.18.0.3\n", ".csv")
    assert.equal("3\t1\n", run("-e", "print(#t, #t2)", a, b).out)
  end)

  it("runs a script with its arguments", function()
    local script = support.file("print(arg[0]:match '%.lua$', arg[1], select('#', ...), lunette ~= nil)", ".lua")
    assert.equal(".lua\tx\t2\ttrue\n", run(script, "x", "--raw").out)
  end)

  it("helps with commands and plugins, and names the nearest for a word that is neither", function()
    assert.equal(run("run", "--help").out, run("help", "run").out)
    assert.equal(run("info", "ports").out, run("help", "ports").out)
    assert.matches("\nparameters of ports:\n  findings ", run("run", "ports", "--help").out)
    assert.equal(2, run("run", "prots", "--help").status)
    local got = run("help", "repotr")
    assert.same({ "", 2 }, { got.out, got.status })
    assert.matches("no command or plugin 'repotr' %(did you mean 'report'%?%)", got.err)
  end)

  it("says what to do about URLs, bare parameters, several analyses, packed outputs and words that do nothing", function()
    assert.matches("'https://x.example/a.csv' is a URL, and files are read", run("run", "ports", "https://x.example/a.csv").err)
    assert.matches("'min_count' is a parameter of 'ports': give it a value, min_count=…", run("run", "ports", "sample", "min_count").err)
    assert.matches("lunette report %-%-only ports,families", run("run", "ports,families", "sample").err)
    assert.matches("leave out .gz", run("convert", "sample", "x.csv.gz").err)
    assert.equal(2, run("doctor", "now").status)
  end)

  it("says of an empty standard input that it is empty", function()
    assert.matches("the standard input is empty", run("run", "families", "-").err)
  end)

  it("takes the home from the system's list of users where HOME isn't set", function()
    local home = io.popen "getent passwd \"$(id -u)\" | cut -d: -f6":read "l"
    local function places(value)
      local got = support.run({ "-e", [[local f = require "lunette.folders"
        print(f.config(), f.data(), f.cache(), f.state())]] }, { env = { HOME = value, XDG_CONFIG_HOME = "relative", XDG_DATA_HOME = "",
        XDG_CACHE_HOME = "/elsewhere", XDG_STATE_HOME = "" } })
      return got.out
    end
    local wanted = "%s/.config/lunette\t%s/.local/share/lunette\t/elsewhere/lunette\t%s/.local/state/lunette\n"
    assert.equal(wanted:format(home, home, home), places "")
    assert.equal(wanted:format("/me", "/me", "/me"), places "/me")
  end)

  it("fits its help into the terminal", function()
    local lines = ("stty cols 60; %s info overlap; %s list; %s help; %s report --help; %s run familes"):gsub("%%s", support.exe)
    local pipe = io.popen(("script -qec \"%s\" /dev/null < /dev/null 2>&1"):format(lines))
    local out = pipe:read "a"
    pipe:close()
    if not out:find "overlap" then return pending "there is no terminal here" end
    for line in out:gmatch "[^\r\n]+" do
      local is_whole = line:find "^file: " or line:find "^%s+%S+$" -- a word that is longer
      assert.is_true(utf8.len(line) <= 60 or is_whole ~= nil, line)
    end
    assert.matches("timeline, topn", (out:gsub("%s+", " ")))
  end)

  it("reads a script from the standard input", function()
    assert.equal("7\n", support.run({}, { stdin = "print(3 + 4)" }).out)
  end)

  it("ends with 1 when a script fails, and says where", function()
    local got = run("-e", "local x = nil\nx.y = 1")
    assert.equal(1, got.status)
    assert.matches("%(command line%):2:", got.err)
    assert.matches("stack traceback", got.err)
    assert.equal(1, run("-e", "print(").status)
  end)

  it("is stopped by one Ctrl-C, even where code catches errors", function()
    local function interrupt(code)
      local err = support.temporary()
      local _, _, status = os.execute(("timeout -s KILL 20 timeout -s INT --foreground --preserve-status 0.8 '%s' -e '%s' 2> '%s'")
        :format(support.exe, code, err))
      assert.same({ 130, "lunette: interrupted\n" }, { status, support.content(err) }, code)
    end
    interrupt "while true do end"
    interrupt "while true do pcall(function() while true do end end) end"
    interrupt "while true do xpcall(function() while true do end end, function(e) return e end) end"
  end)

  it("names the nearest verb or function for a mistyped one, at the user's line", function()
    local cases = {
      ["t:hed(3)"] = "(command line):1: a query has no 'hed' (did you mean 'head'?)",
      ["lunette.red 'x'"] = "(command line):1: lunette has no 'red' (did you mean 'read'?)",
      ["t:group_by 'family':sort '-n'"] = "(command line):1: group_by needs its agg(…) before sort",
      ["lunette.read('sample', { delimeter = ';' })"] =
        "(command line):1: no option of csv is called 'delimeter' (did you mean 'delimiter'?)",
    }
    for code, message in pairs(cases) do
      local got = run("-e", code, "sample")
      assert.same({ "lunette: " .. message .. "\n", 1 }, { got.err, got.status }, code)
    end
  end)

  it("is told of progress, and of its end before results come", function()
    local code = [[
      local core, told = require "lunette.core", {}
      core.on_progress(function(what, done, total) told[#told + 1] = what and done <= total and "on" or what or "end" end, 0)
      t:sort "reference":collect()
      core.on_progress(nil)
      print(told[1], told[#told])]]
    assert.equal("on\tend\n", run("-e", code, "sample").out)
  end)

  it("shows progress as a line that takes itself away", function()
    local code = [[
      local progress = require "lunette.progress"
      local core = require "lunette.core"
      core.seconds = function() return math.huge end
      progress.show("counting", 3, 4)
      progress.show(nil)]]
    assert.equal("\r\27[Kcounting   75 %\r\27[K", run("-e", code).err)
  end)

  it("traces an error through the user's code only, unless --verbose", function()
    local code = "local function f() error 'boo' end\nf()"
    assert.equal("lunette: (command line):1: boo\nstack traceback:\n\t(command line):1: in 'f'\n" ..
      "\t(command line):2: in main chunk\n", run("-e", code).err)
    assert.matches("cli%.lua", run("--verbose", "-e", code).err)
  end)

  it("passes a script's own exit status on", function()
    assert.equal(7, run("-e", "os.exit(7)").status)
  end)

  it("says its version and its help on the standard output", function()
    assert.equal("lunette " .. lunette.version .. "\n", run("--version").out)
    for _, words in ipairs { { "--help" }, { "run", "--help" }, { "list", "--help" }, { "info", "--help" },
      { "check", "--help" }, { "doctor", "--help" } } do
      local got = support.run(words)
      assert.equal(0, got.status)
      assert.matches("^usage: lunette ", got.out)
      assert.equal("", got.err)
    end
  end)

  it("ends with 2 for wrong usage, with the nearest word", function()
    local cases = {
      { { "rnu" }, "no command or file 'rnu' %(did you mean 'run'%?%)" },
      { { "run" }, "run needs a plugin" },
      { { "run", "ports" }, "needs an input" },
      { { "run", "ports", "sample", "--fromat", "csv" }, "no option %-%-fromat %(did you mean '%-%-format'%?%)" },
      { { "run", "ports", "sample", "min_cuont=3" }, "no parameter 'min_cuont'" },
      { { "run", "ports", "sample", "--format", "xls" }, "'xls' is none of" },
      { { "run", "ports", "sample", "-o", "x.xls" }, "can't tell a format from 'x.xls'" },
      { { "info", "prots" }, "no plugin 'prots' %(did you mean 'ports'%?%)" },
      { { "list", "anlysis" }, "'anlysis' is none of analysis, enrich, source %(did you mean 'analysis'%?%)" },
      { { "families", "sample" }, "'families' is an analysis: lunette run families" },
      { { "run", "families", "sample", "--min_count=3" }, "no option %-%-min_count; a plugin's parameters are written" },
      { { "run", "families", "sample", "min-count=3" }, "no parameter 'min%-count' %(did you mean 'min_count'%?%)" },
      { { "run", "families", "sample", "--enrich", "goeip" }, "no enrichment 'goeip' %(did you mean 'geoip'%?%)" },
      { { "run", "families", "sample", "--source", "thraetfox" }, "no source 'thraetfox' %(did you mean" },
      { { "--threads", "x", "run" }, "is no number of threads" },
      { { "run", "ports", "-", "-" }, "%- is given twice" },
      { { "check" }, "check needs a plugin's file" },
    }
    for _, case in ipairs(cases) do
      local got = support.run(case[1])
      assert.equal(2, got.status, table.concat(case[1], " "))
      assert.matches(case[2], got.err)
      assert.equal("", got.out)
    end
  end)

  it("ends with 1 for an input that isn't there", function()
    local got = run("run", "ports", "no-such-file.csv")
    assert.equal(1, got.status)
    assert.matches("no%-such%-file.csv", got.err)
  end)
end)

describe("lunette run", function()
  local plugin, input

  before_each(function() plugin, input = support.file(counter, ".lua"), support.file(feed, ".csv") end)
  after_each(support.clean)

  it("runs a plugin's file on an input", function()
    local got = run("run", plugin, input, "min=2")
    assert.equal(0, got.status, got.err)
    assert.matches("QakBot", got.out)
    assert.is_nil(got.out:find("TrickBot  ", 1, true) and got.out:match "TrickBot +1\n")
    assert.matches("lunette: min is 2\n", got.err)
  end)

  it("says nothing but errors with --quiet", function()
    assert.equal("", run("run", plugin, input, "--quiet").err)
  end)

  it("writes the first table as CSV, or the one that is named", function()
    assert.equal("family,n\nQakBot,2\nTrickBot,1\n", run("run", plugin, input, "--format", "csv").out)
    assert.equal(feed, run("run", plugin, input, "--format=csv", "--table", "all").out)
    local got = run("run", plugin, input, "--format=csv", "--table", "al")
    assert.equal(2, got.status)
    assert.matches("'counter' has no table 'al'", got.err)
  end)

  it("shows the one table that is named to people, too", function()
    assert.matches("^counts\nfamily +n\nstring +int\nQakBot +2\nTrickBot +1\n$",
      run("run", plugin, input, "--table", "counts").out)
  end)

  it("takes a file with a header only, or a column without values, for one that fits", function()
    assert.equal("port,family,count\n", run("run", "ports", support.file(header, ".csv"), "--format", "csv").out)
    local got = run("run", "ports", support.file(header .. "A,,\nB,,\n", ".csv"), "--format", "csv")
    assert.equal("port,family,count\n", got.out, got.err)
    got = run("run", "asn", support.file(header, ".csv"), "--asn-db", lunette.home .. "sample/sample-asn.mmdb")
    assert.matches("^Which autonomous systems .*IOCs: 0\n", got.out, got.err)
    assert.matches("holds no record that can be read", run("run", "ports", support.file("[]", ".json")).err)
  end)

  it("writes JSON with where the data came from", function()
    local document = decode(run("run", plugin, input, "--format", "json").out)
    assert.equal("counter", document.plugin)
    assert.equal(input, document.input.path)
    assert.equal(3, document.input.rows)
    assert.equal(0, document.input.rejected)
    assert.equal(#feed, document.input.bytes)
    assert.equal(64, #document.input.sha256)
    assert.equal(1, document.params.min)
    assert.equal(2, #document.tables)
  end)

  it("takes the format from the file's ending", function()
    for ending, start in pairs { csv = "family,n\n", ndjson = '{"family":"QakBot","n":2}\n', md = "# Counts\n", json = "{",
      txt = "Counts\n" } do
      local path = support.temporary("." .. ending)
      local got = run("run", plugin, input, "-o", path)
      assert.equal(0, got.status, got.err)
      assert.equal(start, support.content(path):sub(1, #start))
      assert.equal("", got.out)
    end
  end)

  it("writes every table as a file into a folder", function()
    local folder = support.temporary()
    run("run", plugin, input, "-o", folder .. "/")
    assert.equal("family,n\nQakBot,2\nTrickBot,1\n", support.content(folder .. "/counts.csv"))
    assert.equal(feed, support.content(folder .. "/all.csv"))
    run("run", plugin, input, "-o", folder, "--format", "md")
    assert.matches("| family | n |", support.content(folder .. "/counts.md"), 1, true)
  end)

  it("writes into pipes and devices, and leaves them what they are", function()
    for _, format in ipairs { "table", "csv", "json", "md" } do
      local pipe, copy = support.temporary(), support.temporary()
      os.execute(("mkfifo '%s'; cat '%s' > '%s' & '%s' run '%s' '%s' -o '%s' --format %s 2> /dev/null; wait")
        :format(pipe, pipe, copy, support.exe, plugin, input, pipe, format))
      assert.matches("QakBot", support.content(copy), format)
      assert.is_true(os.execute(("test -p '%s'"):format(pipe)))
    end
  end)

  it("never replaces an input by its result", function()
    for _, format in ipairs { "csv", "json", "table" } do
      local got = run("run", plugin, input, "-o", input, "--format", format)
      assert.equal(2, got.status)
      assert.matches("is an input, which results don't replace", got.err)
    end
    local folder = support.folder { ["counts.csv"] = feed }
    assert.equal(2, run("run", plugin, folder .. "/counts.csv", "-o", folder).status)
    assert.equal(feed, support.content(folder .. "/counts.csv"))
    assert.equal(feed, support.content(input))
  end)

  it("reads the standard input", function()
    local got = support.run({ "run", plugin, "-", "--format", "csv" }, { stdin = feed })
    assert.equal("family,n\nQakBot,2\nTrickBot,1\n", got.out, got.err)
  end)

  it("reads the named file of an archive that holds several", function()
    local folder = support.folder { ["a.csv"] = feed, ["b.csv"] = header }
    os.execute(("cd '%s' && tar cf both.tar a.csv b.csv"):format(folder))
    local got = run("run", plugin, folder .. "/both.tar", "--format", "csv")
    if got.err:find "isn't installed" then return pending "there is no module for archives" end
    assert.matches("holds 2 files; say which (--member NAME, or the option member): a.csv, b.csv", got.err, 1, true)
    got = run("run", plugin, folder .. "/both.tar", "--member", "a.csv", "--format", "csv")
    assert.equal("family,n\nQakBot,2\nTrickBot,1\n", got.out, got.err)
  end)

  it("reads several inputs as one, with a column that says where each row is from", function()
    local second = support.file(header .. "QakBot,80,198.18.0.9\n", ".csv")
    local got = run("run", plugin, input, second, "--format", "csv", "--table", "all")
    assert.matches("^family,port,ip,source\n", got.out)
    assert.matches("QakBot,80,198.18.0.9," .. second:gsub("%p", "%%%0") .. "\n$", got.out)
  end)

  it("tells which columns of several inputs are text, as they are of different types, and counts their rejects once", function()
    local second = support.file(header .. "QakBot,https,198.18.0.9\nshort\n", ".csv")
    local got = run("convert", input, second, "-", "--format", "csv", "--columns", "port")
    assert.matches("QakBot,https", run("run", plugin, input, second, "--format", "csv", "--table", "all").out, 1, true)
    assert.matches(("column 'port' is text: int in %s, string in %s"):format(input, second), got.err, 1, true)
    assert.matches("1 of 2 rows of " .. second .. " rejected", got.err, 1, true)
    assert.equal("", run("convert", input, second, "-", "--format", "csv", "--columns", "port", "--quiet").err)
  end)

  it("takes a file whose name has an equals sign by its path", function()
    local folder = support.folder { ["a=b.csv"] = feed }
    local got = run("run", plugin, folder .. "/a=b.csv", "--format", "csv")
    assert.equal("family,n\nQakBot,2\nTrickBot,1\n", got.out)
    local pipe = io.popen(("cd '%s' && '%s' run '%s' a=b.csv 2>&1"):format(folder, support.absolute(), plugin))
    assert.matches("write the file of that name as ./a=b.csv", pipe:read "a", 1, true)
    pipe:close()
  end)

  it("counts rejected rows on the standard error, with the first reasons", function()
    local broken = support.file(feed .. "too,many,fields,here\nshort\n", ".csv")
    local got = run("run", plugin, broken, "--format", "csv")
    assert.equal(0, got.status)
    assert.matches("2 of 5 rows of .* rejected:", got.err)
    assert.matches("line 5: ", got.err)
    assert.equal("family,n\nQakBot,2\nTrickBot,1\n", got.out)
  end)

  it("names the nearest call for a mistyped one in a plugin, without a trace of the library", function()
    local wrong = support.file(counter:gsub("ctx:table%(ctx", "ctx:tabel(ctx"), ".lua")
    local got = run("run", wrong, input, "--quiet")
    assert.equal(1, got.status)
    assert.matches("^lunette: [^\n]*: ctx has no 'tabel' %(did you mean 'table'%?%)\n$", got.err)
  end)

  it("says which columns are missing", function()
    local other = support.file("famly,port\nx,1\n", ".csv")
    local got = run("run", plugin, other)
    assert.equal(1, got.status)
    assert.matches("no column 'family' %(string%) %(did you mean 'famly'%?%)", got.err)
  end)

  it("gives the same bytes with any number of threads", function()
    local one = run("--threads", "1", "run", plugin, input, "--format", "json").out
    for _, n in ipairs { "2", "7" } do
      assert.equal(one, run("run", plugin, input, "--format", "json", "--threads", n).out)
    end
  end)

  it("never sends a feed's control bytes to the terminal", function()
    local evil = support.file(header .. "\27]0;owned\7,1,198.18.0.1\n", ".csv")
    local got = run("run", plugin, evil)
    assert.is_nil((got.out .. got.err):find "\27")
    assert.matches("\\e]0;owned\\x07", got.out, 1, true)
  end)

  it("never sends them to a terminal in any format, nor through print", function()
    local evil = support.file(header .. "\27]0;owned\7,1,198.18.0.1\n", ".csv")
    local commands = { ("-e 'for r in t:rows() do print(r.family) end' %s"):format(evil) }
    for _, format in ipairs { "table", "csv", "ndjson", "md", "json" } do
      commands[#commands + 1] = ("run %s %s --format %s"):format(plugin, evil, format)
    end
    for _, command in ipairs(commands) do
      local pipe = io.popen(("NO_COLOR=1 script -qec \"%s %s\" /dev/null < /dev/null 2>&1"):format(support.exe, command))
      local out = pipe:read "a"
      pipe:close()
      if not out:find "owned" then return pending "there is no terminal here" end
      assert.is_nil(out:find("\7", 1, true), command)
      assert.is_nil(out:find("\27]", 1, true), command)
    end
  end)

  it("ends quietly when nobody reads its output", function()
    local path = support.temporary()
    os.execute(("'%s' run '%s' '%s' --quiet 2> '%s' | true"):format(support.exe, plugin, input, path))
    assert.equal("", support.content(path))
  end)
end)

describe("require 'lunette' in a stock lua5.4", function()
  it("works with the module that belongs to the executable", function()
    local folder = support.exe:match "^(.*)/[^/]*$"
    local paths = ("LUA_PATH='%s/lua/?.lua;%s/lua/?/init.lua;;' LUA_CPATH='%s/lib/?.so;;'"):gsub("%%s", folder .. "/share/lunette")
    if require("lunette.core").stat(folder .. "/share/lunette/lua") ~= "folder" then -- an installation
      paths = ("LUA_PATH='%s/../share/lua/5.4/?.lua;;' LUA_CPATH='%s/../lib/lua/5.4/?.so;;'"):gsub("%%s", folder)
    end
    local probe = io.popen(("%s lua5.4 -e '%s' 2>&1"):format(paths,
      'print(#require"lunette".table{ n = { 1, 2 } }:filter"n > 1")'))
    local out = probe:read "a"
    probe:close()
    if out:find "ASan runtime" then return pending "a sanitized module needs a sanitized lua5.4" end
    assert.equal("1\n", out)
  end)
end)
