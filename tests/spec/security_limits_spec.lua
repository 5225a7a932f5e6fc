-- Hostile code against the limits on time and memory: each attack must end, within its limit, with a message that says
-- so, and leave the process that ran it alive and able to go on. Bounds are generous: machines that run tests are busy.
local support = dofile "tests/spec/support/process.lua"

local head = [[
local lunette = require "lunette"
return { api = 1, kind = "analysis", name = "evil", version = "1.0.0", summary = "Does harm", run = function(ctx)
]]

local function attack(body, options)
  local file = support.file(head .. body .. "\nend }", ".lua")
  local started = os.time()
  local words = { "run", file, "sample", "--plugin-time", "1" }
  for _, word in ipairs(options or {}) do words[#words + 1] = word end
  local got = support.run(words)
  got.seconds = os.time() - started
  return got
end

-- Attacks that go on for ever. Most of them never return to where a hook of Lua's could stop them.
local endless = {
  ["a loop"] = "while true do end",
  ["a loop that catches every error"] = "while true do pcall(function() while true do error 'x' end end) end",
  ["a loop in a coroutine"] = "coroutine.wrap(function() while true do pcall(coroutine.yield) end end)() while true do end",
  ["coroutines that make coroutines"] = [[
    local function go() pcall(function() local c = coroutine.wrap(go) c() end) return go() end
    while true do pcall(go) end]],
  ["a message handler that doesn't end"] = "xpcall(error, function() while true do end end)",
  ["message handlers that fail"] = [[
    local function handler() error(setmetatable({}, { __tostring = function() while true do end end })) end
    while true do xpcall(error, handler) end]],
  ["a variable whose end doesn't end"] = "do local x <close> = setmetatable({}, { __close = function() while true do end end }) end",
  ["a large move"] = "table.move({}, 1, math.maxinteger - 1, 2)",
  ["moves within moves"] = "while true do pcall(table.move, {}, 1, 1 << 40, 2) end",
  ["a pattern that goes back and forth"] = "local s = ('a'):rep(1 << 16) s:find(('a-'):rep(12) .. 'b')",
  ["a replacement that does"] = "(('a'):rep(1 << 15)):gsub('.-.-.-.-b', '')",
  ["long strings, again and again"] = "while true do pcall(string.rep, 'x', 1 << 28) end",
  ["a comparison for a sort that lies"] = [[
    local t = {} for i = 1, 1 << 16 do t[i] = i end
    while true do pcall(table.sort, t, function() return true end) pcall(table.sort, t, function(a, b) return a > b end) end]],
  ["a table without an end"] = "for _ in setmetatable({}, { __call = function() return 1 end }) do end",
  ["a length that never comes"] = [[
    local t = setmetatable({}, { __len = function() while true do end end }) return #t]],
  ["queries, again and again"] = "while true do pcall(function() ctx.input:sort('-first_seen'):collect() end) end",
  ["a text that is nothing when asked"] = "error(setmetatable({}, { __tostring = function() while true do end end }))",
}

local greedy = {
  ["a table that grows"] = "local t = {} for i = 1, math.huge do t[i] = { i } end",
  ["a string that doubles"] = "local s = 'xxxxxxxx' while true do s = s .. s end",
  ["one huge string"] = "local s = ('x'):rep(1 << 30)",
  ["strings that are kept"] = "local t = {} for i = 1, math.huge do t[i] = ('x'):rep(1 << 20) .. i end",
  ["a column of huge strings"] = [[
    local t = {} for i = 1, 64 do t[i] = ("x"):rep(1 << 22) .. i end lunette.table { a = t }:sort "a":collect()]],
  ["a join of everything with everything"] = [[
    local q = ctx.input:derive "k = 1" ctx:table(q:join(q, "k"), { name = "t" })]],
  ["tables that are kept"] = [[
    local t = {} for i = 1, math.huge do t[i] = ctx.input:derive("n" .. i .. " = host .. '" .. i .. "'"):collect() end]],
}

describe("code from outside that never ends", function()
  after_each(support.clean)
  for name, body in pairs(endless) do
    it("is stopped by its limit on time: " .. name, function()
      local got = attack(body)
      assert.equal(1, got.status)
      assert.matches("stopped: it ran for the 1 s that code from outside may run; %-%-plugin%-time 5 gives it more", got.err)
      assert.equal("", got.out)
      assert.is_true(got.seconds < 30)
    end)
  end
end)

describe("code from outside that takes all memory", function()
  after_each(support.clean)
  for name, body in pairs(greedy) do
    it("is stopped by its limit on memory: " .. name, function()
      local got = attack(body, { "--plugin-memory", "96M", "--plugin-time", "60" })
      assert.equal(1, got.status)
      assert.matches("memory", got.err)
      assert.equal("", got.out)
    end)
  end

  it("catches the error in vain, and is stopped for its time", function()
    local got = attack("while true do pcall(function() local t = {} for i = 1, math.huge do t[i] = { i } end end) end",
      { "--plugin-memory", "64M" })
    assert.equal(1, got.status)
    assert.matches("it ran for the 1 s", got.err)
  end)
end)

describe("a file from outside that never ends when it is looked at", function()
  after_each(support.clean)

  it("doesn't stop list, which names it", function()
    local folder = support.folder { ["analyses/evil.lua"] = "while true do end" }
    local got = support.run({ "list", "--plugin-time", "1" }, { env = { LUNETTE_PLUGINS = folder } })
    assert.equal(0, got.status)
    assert.matches("families", got.out)
    assert.matches("analyses/evil.lua is broken: .*it ran for the 1 s", got.err)
  end)

  it("doesn't keep check", function()
    local got = support.run { "check", support.file("while true do pcall(error) end", ".lua"), "--plugin-time", "1" }
    assert.equal(1, got.status)
    assert.matches("it ran for the 1 s", got.out)
  end)

  it("doesn't keep check by its size", function()
    local started = os.time()
    local got = support.run { "check", support.file("return {}\n" .. ("a=("):rep(1 << 20), ".lua"), "--plugin-time", "5" }
    assert.equal(1, got.status)
    assert.matches("the file can't be run", got.out)
    assert.is_true(os.time() - started < 30)
  end)

  it("doesn't make the one who checks it try its patterns", function()
    local evil = (head .. [[ctx:finding { severity = "low", title = ("a"):rep(60000) } end,
      example = { input = "sample", expect = { findings = { ("a-"):rep(12) .. "b" } } } }]])
    local got = support.run { "check", support.file(evil, ".lua"), "--plugin-time", "1" }
    assert.equal(1, got.status)
    assert.matches("is no pattern: .*it ran for the 1 s", got.out)
  end)

  it("doesn't stop the reading of others' files: a source's detect", function()
    local folder = support.folder { ["sources/evil.lua"] = [[return { api = 1, kind = "source", name = "evil",
      version = "1.0.0", summary = "x", detect = function() while true do end end, read = function() end }]] }
    local got = support.run({ "-e", "print(pcall(lunette.read, 'sample')) local ok, e = pcall(lunette.read, '"
      .. support.file "a,b\n1,2\n" .. "') print(e) print(lunette.read 'sample':head(1):length())", "--plugin-time", "1" },
      { env = { LUNETTE_PLUGINS = folder } })
    assert.matches("1\n$", got.out)
  end)
end)

describe("code from outside that has others work", function()
  after_each(support.clean)

  it("is stopped when what it asks for takes too long", function()
    local script = support.file("while true do pcall(require('lunette').run, 'overlap', 'sample') end", ".lua")
    local got = support.run({ "--plugin-time", "0.2", script }, { env = { LUNETTE_TRUST = "" } })
    assert.equal(1, got.status)
    -- On a busy machine its own 0.2 s may be over first.
    local asked = got.err:match "what it asked for took more than 2 s; %-%-plugin%-time 1 gives it more"
    assert.is_truthy(asked or got.err:match "it ran for the 0.2 s that code from outside may run", got.err)
  end)

  it("can't run itself without end", function()
    local folder = support.folder { ["analyses/evil.lua"] = head .. "ctx:run 'evil' end }" }
    local got = support.run({ "run", "evil", "sample" }, { env = { LUNETTE_PLUGINS = folder } })
    assert.equal(1, got.status)
    assert.matches("an analysis that runs one that runs one …: not more than 4 deep", got.err)
  end)
end)

describe("a report of everything", function()
  after_each(support.clean)

  it("is made without the plugin from outside that never ends, and says why", function()
    local folder = support.folder { ["analyses/evil.lua"] = head .. "while true do end end }" }
    local page = support.temporary ".html"
    local got = support.run({ "report", "sample", "--only", "ports,evil", "-o", page, "--plugin-time", "1" },
      { env = { LUNETTE_PLUGINS = folder } })
    assert.equal(1, got.status) -- asked for by name, it must run
    assert.matches("'evil' can't run: it failed: .*ran for the 1 s", got.err)
    got = support.run({ "report", "sample", "--without", "families,timeline,overlap,geomap,asn", "-o", page, "--plugin-time", "1" },
      { env = { LUNETTE_PLUGINS = folder } })
    assert.equal(0, got.status)
    assert.matches("ran for the 1 s", support.content(page))
  end)
end)

describe("code from outside that floods", function()
  after_each(support.clean)

  it("has the messages shown up to a number, and the rest counted out", function()
    local got = attack("for i = 1, 5000 do ctx.log('line %d', i) print(i) end", { "--plugin-time", "60" })
    assert.equal(0, got.status)
    assert.matches("more than 2000 messages: the rest isn't shown", got.err)
    local _, lines = got.err:gsub("\n", "")
    assert.is_true(lines < 2100)
  end)

  it("is stopped when it reports without end", function()
    local got = attack("for i = 1, math.huge do ctx:metric { name = 'm' .. i, value = i } end", { "--plugin-time", "60" })
    assert.equal(1, got.status)
    assert.matches("a report of more than 10000 items", got.err)
  end)

  it("is told where a message is too large", function()
    local got = attack("ctx:text(('x'):rep(20 << 20))", { "--plugin-time", "60" })
    assert.equal(1, got.status)
    assert.matches("message", got.err)
  end)
end)

describe("a process of code from outside", function()
  after_each(support.clean)

  it("ends with one Ctrl-C, and so does its parent", function()
    local file = support.file(head .. "while true do pcall(error) end end }", ".lua")
    local started = os.time()
    local _, _, status = os.execute(("timeout -s KILL 40 timeout -s INT --preserve-status 2 '%s' run '%s' sample > /dev/null 2>&1")
      :format(support.exe, file))
    assert.equal(130, status)
    assert.is_true(os.time() - started < 30)
  end)

  it("dies with its parent, however that dies", function()
    local file = support.file(head .. "while true do end end }", ".lua")
    os.execute(("timeout -s KILL 2 '%s' run '%s' sample --plugin-memory 777M > /dev/null 2>&1"):format(support.exe, file))
    os.execute "sleep 1"
    local pipe = assert(io.popen "cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\\0' ' '")
    local commands = pipe:read "a"
    pipe:close()
    assert.is_nil(commands:find("--worker [^ ]* " .. (777 << 20)))
  end)
end)
