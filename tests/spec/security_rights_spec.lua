-- Code from outside against the border of what it may touch: files, hosts, secrets, programs, this process, and the
-- user's terminal. Each attack must fail, and the message must say what it would have needed.
local lunette = require "lunette"
local support = dofile "tests/spec/support/process.lua"

local function plugin(body, permissions)
  return ([[
local lunette = require "lunette"
return { api = 1, kind = "analysis", name = "evil", version = "1.0.0", summary = "Tries to get out",
  permissions = { %s }, run = function(ctx) %s
  ctx:table(ctx.input:head(1):select "port", { name = "t" }) end }
]]):format(permissions or "", body)
end

local function run(body, words, permissions, options)
  local all = { "run", support.file(plugin(body, permissions), ".lua"), "sample" }
  for _, word in ipairs(words or {}) do all[#all + 1] = word end
  return support.run(all, options)
end

describe("code from outside", function()
  after_each(support.clean)

  it("has nothing of Lua that reaches the machine or other code", function()
    local got = run [[
      for _, name in ipairs { "io", "os", "package", "debug", "load", "loadfile", "dofile", "loadstring", "collectgarbage" } do
        if _G[name] ~= nil or _ENV[name] ~= nil then ctx.log("has " .. name) end
      end
      if string.dump or (""):rep(1).dump then ctx.log "has dump" end
      if getmetatable "" ~= nil then ctx.log "has the metatable of strings" end
      for _, name in ipairs { "lunette.core", "lunette.access", "lunette.worker", "io", "os", "lunette.kit..core" } do
        if pcall(require, name) then ctx.log("requires " .. name) end
      end
      for _, name in ipairs { "home", "run", "plugins", "http", "engine" } do
        if pcall(function() return lunette[name] end) and lunette[name] then ctx.log("has lunette." .. name) end
      end]]
    assert.equal(0, got.status)
    assert.not_matches("has ", got.err)
    assert.not_matches("requires", got.err)
  end)

  it("can't load bytecode as a plugin", function()
    local got = support.run { "run", support.file(string.dump(function() return {} end), ".lua"), "sample" }
    assert.equal(1, got.status)
    assert.matches("attempt to load a binary chunk", got.err)
  end)

  it("can't read a file that it wasn't given, by any way there is", function()
    local secret = support.file("secret\nSESAME\n", ".csv")
    local ways = { "lunette.csv(%q):collect()", "lunette.json(%q):collect()", "lunette.read(%q):collect()", "lunette.peek(%q)",
      "lunette.ip_database('geo', %q)", "ctx.input:enrich('geoip', { database = %q }):collect()",
      "lunette.csv('x/../' .. %q):collect()" }
    for _, way in ipairs(ways) do
      local got = run(way:format(secret))
      assert.equal(1, got.status, way)
      assert.matches("may not read", got.err)
      assert.not_matches("SESAME", got.err)
      assert.equal("", got.out)
    end
  end)

  it("can't have its examples read a file that doesn't lie beside it", function()
    local secret = support.file("first,second\nSESAME,1\n", ".csv")
    local kinds = { { "input = %q", "ctx.input" }, { 'input = "sample", params = { feed = %q }', "ctx.params.feed[1]" },
      { 'input = "sample", params = { feed = { %q } }', "ctx.params.feed[1]" },
      { 'input = "sample", params = { path = %q }', "lunette.csv(ctx.params.path[1])" },
      { 'input = "sample", params = { path = { %q } }', "lunette.csv(ctx.params.path[1])" } }
    local body = [[local lunette = require "lunette"
return { api = 1, kind = "analysis", name = "evil", version = "1.0.0", summary = "Tries to get out",
  params = { feed = { type = "input", doc = "x" }, path = { type = "file", doc = "x" } },
  run = function(ctx) for row in %s:rows() do ctx.log("%%s", row.first) end end, example = { %s } }]]
    for _, kind in ipairs(kinds) do
      local folder = support.folder { ["here/evil.lua"] = "", ["own.csv"] = "first\nSESAME\n" }
      os.execute(("ln -s '%s' '%s/here/link.csv' && cp '%s' '%s/here/.hidden' && cp '%s' '%s/here/open.csv'"):format(secret, folder,
        secret, folder, secret, folder))
      for _, path in ipairs { secret, "../own.csv", "link.csv", ".hidden", "./../own.csv" } do
        local file = assert(io.open(folder .. "/here/evil.lua", "w"))
        file:write(body:format(kind[2], kind[1]:format(path)))
        file:close()
        local got = support.run { "test", folder .. "/here/evil.lua" }
        assert.matches("an example may read what lies beside its plugin", got.out, 1, true)
        assert.not_matches("SESAME", got.err .. got.out)
      end
      local file = assert(io.open(folder .. "/here/evil.lua", "w"))
      file:write(body:format(kind[2], kind[1]:format "open.csv"))
      file:close()
      assert.matches("1 passed, 0 failed", support.run({ "test", folder .. "/here/evil.lua" }).out)
    end
  end)

  it("can't have a file looked at as if it were a plugin", function()
    local secret = support.file("SESAME = \n", ".csv")
    for _, way in ipairs { "lunette.read('sample', { source = %q })", "ctx.input:enrich(%q)", "require(%q)" } do
      local got = run(way:format(secret))
      assert.equal(1, got.status, way)
      assert.not_matches("SESAME", got.err)
    end
  end)

  it("can't guess its way to the descriptors of its process", function()
    for _, path in ipairs { "/dev/fd/0", "/dev/fd/3", "/proc/self/fd/3", "/dev/stdin", "-", "/proc/self/environ" } do
      local got = run(("lunette.peek(%q)"):format(path), nil, nil, { stdin = "SESAME" })
      assert.equal(1, got.status, path)
      assert.matches("may not read", got.err)
      assert.not_matches("SESAME", got.err .. got.out)
    end
  end)

  it("can't write a file", function()
    local path = support.temporary ".csv"
    local got = run(("ctx.input:head(1):write(%q)"):format(path))
    assert.equal(1, got.status)
    assert.matches("may not write .*%-%-allow write=", got.err)
    assert.is_nil(io.open(path))
  end)

  it("reads and writes what its manifest asks for and the user grants", function()
    local path, out = support.file("a,b\n1,2\n", ".csv"), support.temporary ".csv"
    local asks = ("read = { %q }, write = { %q }"):format(path, out)
    local body = ("lunette.csv(%q):derive 'c = a + b':write(%q)"):format(path, out)
    local got = run(body, { "--allow", ("read=%s,write=%s"):format(path, out) }, asks)
    assert.not_matches("new here", got.err)
    assert.equal(0, got.status)
    assert.equal("a,b,c\n1,2,3\n", support.content(out))
    os.remove(out)
    assert.matches("may not write", run(body, { "--allow", "read=" .. path }, asks).err)
    assert.matches("may not read", run(body, { "--allow", "none" }, asks).err)
    assert.equal(0, run(body, { "--allow", "all" }, asks).status)
    os.remove(out)
  end)

  it("reads Arrow files, JSON and models as it reads CSV: only those that were granted", function()
    local folder = support.folder { ["a.json"] = '[{"a":1},{"a":2}]' }
    local made = support.run { "-e", ([[
      lunette.table { a = { 1, 2, 3 } }:write "%s/a.arrow"
      local model = lunette.learn.tree():fit(lunette.table { x = { 1, 2, 3, 4 }, y = { "p", "p", "q", "q" } },
        { target = "y", features = { "x" } })
      model:save "%s/a.model"]]):format(folder, folder) }
    assert.equal("", made.err)
    local body = ([[local f = %q ctx.log("arrow %%d", lunette.arrow(f .. "/a.arrow"):length())
      ctx.log("json %%d", lunette.json(f .. "/a.json"):length())
      ctx.log("read %%d", lunette.read(f .. "/a.json"):length())
      ctx.log("model %%s", lunette.learn.load(f .. "/a.model"):info().target)]]):format(folder)
    local got = run(body, { "--allow", "all" }, ("read = { %q }"):format(folder .. "/"))
    assert.equal(0, got.status)
    assert.matches("arrow 3\n.*json 2\n.*read 2\n.*model y", got.err)
    assert.matches("may not read", run(("lunette.arrow(%q)"):format(folder .. "/a.arrow")).err)
    assert.matches("may not read", run(("lunette.learn.load(%q)"):format(folder .. "/a.model")).err)
  end)

  it("gets nothing that its manifest doesn't ask for, whatever the user allows", function()
    local path = support.file("a,b\n1,2\n", ".csv")
    local got = run(("lunette.csv(%q):collect()"):format(path), { "--allow", "read=" .. path })
    assert.equal(1, got.status)
    assert.matches("may not read", got.err)
  end)

  it("gets the files of a folder that ends in /, and none above it", function()
    local folder = support.folder { ["in/a.csv"] = "a\n1\n", ["b.csv"] = "a\nSESAME\n" }
    local asks = ("read = { %q }"):format(folder .. "/in/")
    local allow = { "--allow", "all" }
    assert.equal(0, run(("lunette.csv(%q):collect()"):format(folder .. "/in/a.csv"), allow, asks).status)
    for _, path in ipairs { "/in/../b.csv", "/b.csv", "/in/./../b.csv" } do
      assert.matches("may not read", run(("lunette.csv(%q):collect()"):format(folder .. path), allow, asks).err)
    end
  end)

  it("can't put a file behind one of a granted folder", function()
    local folder = support.folder { ["in/a.csv"] = "198.18.0.0,198.18.0.9,1,One\n", ["b.csv"] = "198.19.0.0,198.19.0.9,2,SESAME\n" }
    local list, asks = folder .. "/in/a.csv," .. folder .. "/b.csv", ("read = { %q }"):format(folder .. "/in/")
    for _, way in ipairs { "lunette.ip_database('asn', %q):add(ctx.input, 'ip', { { name = 'o', type = 'string', paths = { 'n' } } })",
      "ctx.input:enrich('asn', { database = %q }):collect()" } do
      local got = run(way:format(list), { "--allow", "all" }, asks)
      assert.matches("may not read '" .. folder .. "/b.csv'", got.err, 1, true)
    end
  end)

  it("follows no link out of a folder that was granted, when it reads or writes", function()
    local folder = support.folder { ["in/a.csv"] = "a\n1\n", ["b.csv"] = "a\nSESAME\n", ["secret/c.csv"] = "a\nSESAME\n" }
    os.execute(("cd '%s' && ln -s ../b.csv in/b.csv && ln -s ../secret in/d && ln -s in granted"):format(folder))
    local allow = { "--allow", "all" }
    for _, granted in ipairs { "/in/", "/granted/", "/secret/../in/" } do
      local asks = ("read = { %q }, write = { %q }"):format(folder .. granted, folder .. granted)
      assert.equal(0, run(("lunette.csv(%q):collect()"):format(folder .. "/in/a.csv"), allow, asks).status)
      assert.equal(0, run(("lunette.csv(%q):collect()"):format(folder .. "/granted/a.csv"), allow, asks).status)
      for _, path in ipairs { "/in/b.csv", "/in/d/c.csv", "/granted/d/c.csv", "/in/d/../../b.csv" } do
        local got = run(("lunette.csv(%q):collect()"):format(folder .. path), allow, asks)
        assert.matches("may not read", got.err, 1, true)
        assert.not_matches("SESAME", got.err .. got.out)
      end
      assert.matches("may not write", run(("ctx.input:head(1):write(%q)"):format(folder .. "/in/d/new.csv"), allow, asks).err)
      assert.is_nil(io.open(folder .. "/secret/new.csv"))
    end
  end)

  it("sends nothing through another plugin's permission", function()
    local got = run('lunette.table { ip = { "8.8.8.8" } }:derive "ip = ip(ip)":enrich "ipapi":collect()',
      { "--allow", "net=127.0.0.1" }, nil, { env = { LUNETTE_URL_IPAPI = "http://127.0.0.1:9/", LUNETTE_HTTP_RETRIES = "0" } })
    assert.equal(1, got.status)
    assert.matches("'evil' may not ask the host '127.0.0.1'", got.err)
    assert.not_matches("ipapi sends", got.err)
  end)

  it("can't read the archives of feeds that the user keeps, nor have an analysis read a file", function()
    local env = { LUNETTE_FEEDS = support.folder {} }
    local export = support.file([[
# Last updated: 2026-03-02 08:00:00 UTC
# "first_seen_utc","ioc_id","ioc_value","ioc_type","threat_type","fk_malware","malware_printable","confidence_level"
"2026-02-28 10:00:00", "1", "198.18.0.1:995", "ip:port", "botnet_cc", "win.qakbot", "QakBot", "75"
# Number of entries: 1
]], ".csv")
    assert.equal(0, support.run({ "fetch", "threatfox", "--from", export }, { env = env }).status)
    assert.equal("1\n", support.run({ "-e", "print(#t)", "threatfox" }, { env = env }).out)
    for _, way in ipairs { "lunette.read 'threatfox'", "lunette.arrow 'threatfox'",
      "ctx:run('topn', lunette.read 'threatfox', { by = 'ip' })",
      "ctx:run('hits', nil, { feed = 'threatfox' })", "ctx:run('hits', nil, { feed = '/etc/hosts' })" } do
      local got = run(way, nil, nil, { env = env })
      assert.matches("may not read", got.err)
      assert.equal(1, got.status)
    end
  end)

  it("is told the line of its own that was wrong, not one of the library's", function()
    local got = run "ctx:table({}, { name = 'x' })"
    assert.matches("%.lua:3: ctx:table needs a query", got.err)
  end)

  it("can't set the text of the user's terminal or page in motion", function()
    local body = [[ctx.log "\27]0;owned\7" print "\27[2J" ctx:text "<script>alert(1)</script>\27[31m"
      ctx:metric { name = "m", value = "\27[8m<img src=x onerror=alert(1)>" }]]
    local got = run(body)
    assert.equal(0, got.status)
    assert.not_matches("\27", got.err)
    assert.not_matches("\27", got.out)
    local finding = ' ctx:finding { severity = "low", title = "\\27[31m\u{202e}", text = "\\27[8m" }'
    assert.not_matches("\27", run(body .. finding, { "--format", "md" }).out)
    local page = run(body, { "--format", "html" }).out
    assert.not_matches("<script>alert", page)
    assert.not_matches("<img src=x", page)
  end)

  it("can't write outside of the folder that results go to", function()
    local got = run "ctx:table(ctx.input:head(1), { name = '../../evil' })"
    assert.equal(1, got.status)
    assert.matches("must be letters, digits", got.err)
  end)

  it("can't pass itself off as an interruption or a mistake in the command line", function()
    assert.equal(1, run "error('interrupted')".status)
    local got = run "local ok, e = pcall(lunette.csv, '') error(setmetatable({ code = 'usage' }, {}))"
    assert.equal(1, got.status)
  end)
end)

describe("an enrichment from outside", function()
  after_each(support.clean)

  it("runs in a box, adds its columns, and reads only what its options name", function()
    local list = support.file("port,label\n443,tls\n", ".csv")
    local folder = support.folder { ["enrich/labels.lua"] = [[
local lunette = require "lunette"
return { api = 1, kind = "enrich", name = "labels", version = "1.0.0", summary = "x", input = { port = "int" },
  params = { file = { type = "string", default = "", doc = "The list." } }, columns = { label = "string" },
  apply = function(query, opts)
    if io or os then error "loose" end
    return query:join(lunette.csv(opts.file), "port", { kind = "left" })
  end }]] }
    local code = ("print(lunette.read 'sample':head(50):enrich('labels', { file = %q }):filter 'label == \"tls\"':head(1)"
      .. ":select('port', 'label'))")
    local got = support.run({ "-e", code:format(list) }, { env = { LUNETTE_PLUGINS = folder } })
    assert.equal(0, got.status)
    assert.matches("443 +tls", got.out)
  end)
end)

describe("a source from outside", function()
  after_each(support.clean)
  local source = [[
local lunette = require "lunette"
return { api = 1, kind = "source", name = "mine", version = "1.0.0", summary = "x",
  detect = function(head) return head:find "^#mine" and 1 or 0 end,
  read = function(path, opts) %s return lunette.csv(path, { comment = "#" }):derive "c = a + b" end }]]

  it("reads the file that it was asked for in its box, and its rejects are the input's", function()
    local folder = support.folder { ["sources/mine.lua"] = source:format "" }
    local input = support.file("#mine\na,b\n1,2\n3,4,5\n5,6\n", ".csv")
    local got = support.run({ "-e", "print(t) local r = t:rejects():first() print(r.line, r.source == arg[1], t:counts())",
      input }, { env = { LUNETTE_PLUGINS = folder } })
    assert.equal(0, got.status)
    assert.matches("5 +6 +11", got.out)
    assert.matches("4\ttrue\t2\t1", got.out)
    assert.matches("1 of 3 rows of .* rejected", got.err)
  end)

  it("reads compressed files, and the standard input", function()
    local folder = support.folder { ["sources/mine.lua"] = source:format "" }
    local input = support.file("#mine\na,b\n1,2\n", ".csv")
    os.execute(("gzip -k '%s'"):format(input))
    local env = { env = { LUNETTE_PLUGINS = folder }, stdin = "#mine\na,b\n1,2\n" }
    assert.matches("1 +2 +3", support.run({ "-e", "print(t)", input .. ".gz" }, env).out)
    assert.matches("1 +2 +3", support.run({ "-e", "print(t)", "-" }, env).out)
    os.remove(input .. ".gz")
  end)

  it("can read no other", function()
    local secret = support.file("SESAME\n", ".csv")
    local folder = support.folder { ["sources/mine.lua"] = source:format(("lunette.peek(%q)"):format(secret)) }
    local got = support.run({ "-e", "print(t)", support.file("#mine\na,b\n1,2\n", ".csv") },
      { env = { LUNETTE_PLUGINS = folder } })
    assert.equal(1, got.status)
    assert.matches("may not read", got.err)
    assert.not_matches("SESAME", got.out .. got.err)
  end)
end)

describe("bytes of feeds", function()
  after_each(support.clean)

  it("aren't code in expressions, whatever they hold", function()
    local evil = "') or os.execute('touch /tmp/pwned') or ('"
    local q = lunette.table { a = { evil, "x" } }
    assert.equal(1, q:filter("a == $v", { v = evil }):length())
    assert.equal(1, q:derive("b = $v", { v = evil }):filter("b == a"):length())
  end)

  it("aren't formulas in a CSV file for a spreadsheet, unless it is asked for", function()
    local path = support.file("a,n\n=1+1,-5\n+1,6\n@SUM(A1),7\n-x,8\n\"\t=1\",9\n", ".csv")
    local got = support.run { "-e", "t:write '/dev/stdout'", path }
    if got.status ~= 0 then got = support.run { "-e", "t:write('-', { format = 'csv' })", path } end
    assert.equal("a,n\n'=1+1,-5\n'+1,6\n'@SUM(A1),7\n'-x,8\n'\t=1,9\n", (got.out:gsub('"', "")))
    local dash = support.run { "convert", support.file("a,n\n-,x\n--,y\n", ".csv"), "-", "--format", "csv" }
    assert.equal("a,n\n-,x\n'--,y\n", dash.out) -- a sign alone is no formula
    local raw = support.run { "-e", "t:write('-', { format = 'csv', raw = true })", path }
    assert.matches("\n=1%+1,%-5\n", raw.out)
  end)

  it("aren't paths to be written to: a member's name leads nowhere", function()
    local folder = support.folder { ["in/keep"] = "" }
    local function header(name, size)
      local function block(sum)
        return (name .. ("\0"):rep(100 - #name)) .. "0000644\0" .. "0000000\0" .. "0000000\0" .. ("%011o\0"):format(size)
          .. "00000000000\0" .. sum .. "0" .. ("\0"):rep(100) .. "ustar\00000" .. ("\0"):rep(247)
      end
      local sum = 0
      for byte in block((" "):rep(8)):gmatch "." do sum = sum + byte:byte() end
      return block(("%06o\0 "):format(sum))
    end
    local text = "a,b\n1,2\n"
    local tar = header("../escaped.csv", #text) .. text .. ("\0"):rep(512 - #text) .. ("\0"):rep(1024)
    local file = assert(io.open(folder .. "/in/x.tar", "wb"))
    file:write(tar)
    file:close()
    local got = support.run { "-e", "print(t)", folder .. "/in/x.tar" }
    assert.equal(0, got.status)
    assert.matches("1 +2", got.out)
    assert.is_nil(io.open(folder .. "/escaped.csv"))
    assert.is_nil(io.open "../escaped.csv")
  end)

  it("aren't format directives of messages", function()
    local path = support.file("a,b\n1,%s%n%d\n%s,2,3\n%5$s,4,5\n", ".csv")
    local got = support.run { "-e", "print(t) lunette.read(arg[1] .. '%s%n')", path }
    assert.equal(1, got.status)
    assert.matches("%%s%%n", got.err)
  end)
end)
