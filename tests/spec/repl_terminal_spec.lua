-- The prompt as somebody at a terminal meets it, through a pseudo-terminal.
local support = dofile "tests/spec/support/process.lua"
local pty = dofile "tests/spec/support/pty.lua"

local function check(script, words, env)
  assert.is_nil(pty.run("prompt\n" .. script, words, env))
end

describe("the prompt on a terminal", function()
  after_each(function()
    pty.clean()
    support.clean()
  end)

  it("greets, shows what an expression gives, and ends with Ctrl-D", function()
    assert.is_nil(pty.run([[
expect Lunette
expect t is sample
prompt
send 6*7\r
expect \n42\n
send t:group_by("threat_type"):agg("n = count()")\r
expect botnet_cc
expect 22530
prompt
send \x04
exit 0
]], { "sample" }))
  end)

  it("completes verbs, columns and commands at Tab, and lists what there is", function()
    check([[
send t:select("ip"):filt\t("ip == 'no"):hea
send \x15t:filt\t("fam\t == 'Cobalt Strike'"):cou\t
expect :count
send ()\r
expect \n 3755
prompt
send t:group\t("threat\t"):ag\t("n = count()")\r
expect 22530
prompt
send t:fil\t
expect fill_null  filter
absent group_by
send \x03
expect ^C
send .qu\t\r
exit 0
]], { "sample" })
  end)

  it("takes several lines until they are complete; Ctrl-C drops them", function()
    check [[
send function double(x)\r
more
send   return x * 2\r
more
send end\r
prompt
send double(21)\r
expect \n42\n
prompt
send for i = 1, 3 do\r
more
send \x03
expect ^C
prompt
send 'still ' .. 'here'\r
expect \nstill here\n
send .quit\r
exit 0
]]
  end)

  it("Ctrl-C at the prompt drops the line", function()
    check [[
send print("never")\x03
expect ^C
prompt
send \r
send "al" .. "ive"\r
expect \nalive\n
absent \nnever
send .quit\r
exit 0
]]
  end)

  local loops = {
    ["a loop"] = "while true do end",
    ["a loop in pcall"] = "while true do pcall(function() while true do end end) end",
    ["a loop in xpcall whose handler loops"] =
      "while true do xpcall(function() while true do end end, function(e) while true do end end) end",
    ["a loop in a coroutine"] = "coroutine.wrap(function() while true do end end)()",
    ["coroutines in pcall in coroutines"] = "while true do pcall(coroutine.wrap(function() local c = "
      .. "coroutine.create(function() while true do pcall(function() while true do end end) end end) "
      .. "while true do pcall(coroutine.resume, c) end end)) end",
    ["a coroutine that is closed in a loop"] = "coroutine.close((function() local c = coroutine.create(function() "
      .. "local x <close> = setmetatable({}, {__close = function() while true do end end}) coroutine.yield() end) "
      .. "coroutine.resume(c) return c end)())",
  }
  for name, code in pairs(loops) do
    it("one Ctrl-C stops " .. name .. " and gives the prompt back", function()
      check(([[
send print("on" .. "ward") %s\r
expect \nonward\n
pause 150
send \x03
expect interrupted
prompt
send 1000 + 337\r
expect \n1337\n
send #t:filter("port == 443") > 1\r
expect \ntrue\n
send .quit\r
exit 0
]]):format(code), { "sample" })
    end)
  end

  it("a third Ctrl-C ends what one and two can't stop: a single call that never comes back", function()
    check([[
send print("on" .. "ward") local s = ("a"):rep(1 << 16) return s:find(("a-"):rep(12) .. "b")\r
expect \nonward\n
pause 150
send \x03
pause 150
send \x03
expect still stopping; Ctrl-C once more ends the process
send \x03
exit 130
]], { "sample" })
  end)

  it("Ctrl-C at the question about a plugin is no answer, and gives the prompt back", function()
    local plugin = support.file('return { api = 1, kind = "analysis", name = "mine", version = "1.0.0", summary = "s", '
      .. "run = function(ctx) ctx:text 'IT RAN' end }", ".lua")
    check(([[
send .run %s\r
expect run it, now and later? [y/N]
send \x03
expect interrupted
prompt
absent IT RAN
send .run %s\r
expect run it, now and later? [y/N]
send n\r
expect it was not run: the answer was no
prompt
send #t\r
expect \n22618\n
send .quit\r
exit 0
]]):format(plugin, plugin), { "sample" })
  end)

  it("Ctrl-C stops a query and gives the prompt back", function()
    check([[
send big = {} for i = 1, 60 do big[i] = t end big = lunette.concat(big)\r
prompt
send big = lunette.concat { big, big, big, big, big, big, big, big, big, big, big, big, big, big }\r
prompt
send print("be" .. "gun") print(big:derive("k = ioc .. family .. string(id)"):sort("k", "-first_seen"):group_by("k"):agg("n = count()"))\r
expect \nbegun\n
pause 200
send \x03
expect interrupted
prompt
send #t\r
expect \n22618\n
send .quit\r
exit 0
]], { "sample" })
  end)

  it("keeps lines for the next session, for the owner's eyes only; not those that start with a space", function()
    check [[
send first_line = 11\r
prompt
send  secret = 22\r
prompt
send .quit\r
exit 0
]]
    local path = pty.state .. "/lunette/history"
    assert.equal("first_line = 11\n.quit\n", support.content(path))
    local pipe = io.popen(("stat -c '%%a' '%s' '%s'"):format(path, pty.state .. "/lunette"))
    assert.equal("600\n700\n", pipe:read "a")
    pipe:close()
    check [[
send \e[A\e[A
expect first_line = 11
send \x05 + 4\r
prompt
send first_line\r
expect \n15\n
send .quit\r
exit 0
]]
  end)

  it("shows errors with a caret, and goes on", function()
    check([[
send t:filter("prot == 443")\r
expect no column 'prot' (did you mean 'port'?)
expect   prot == 443
expect   ^^^^
prompt
send x = = 3\r
expect unexpected symbol near '='
expect       ^
prompt
send lunete.read "x"\r
expect (did you mean 'lunette'?)
send .quit\r
exit 0
]], { "sample" })
  end)

  it("breaks long messages between words, and leaves expressions as they are", function()
    check([[
size 24 60
pause 100
send .run familys\r
expect no analysis 'familys' (did you mean 'families'?); there are\n  asn, beacons, classify
prompt
send t:filter "prot == 443 and family == 'QakBot' and not is_null(confidence)"\r
expect no column 'prot' (did you mean 'port'?)\n  prot == 443 and family == 'QakBot' and not is_null(confidence)\n  ^^^^
send .quit\r
exit 0
]], { "sample" })
  end)

  it("draws tables no wider than the terminal", function()
    check([[
size 40 60
pause 100
send t:head(1)\r
expect more columns
send .quit\r
exit 0
]], { "sample" })
  end)
end)
