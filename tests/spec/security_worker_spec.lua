-- A worker that was taken over: whatever it writes on its socket, the process that started it refuses it, says what was
-- wrong, and lives on. Here the worker is a shell script that sends prepared bytes.
local core = require "lunette.core"
local box = require "lunette.box"
local broker = require "lunette.broker"
local access = require "lunette.access"
local wire = require "lunette.wire"
local support = dofile "tests/spec/support/process.lua"

local function frame(body, descriptors) return ("<I4I4"):pack(#body, descriptors or 0) .. body end

local function message(...) return frame((wire.pack(table.pack(...)))) end

local ready = message("ready", core.version, { calls = true, files = true, memory = true })

-- What a call of a worker ends with that sends these bytes, and then `rest` (default: waits to be killed).
local function call(bytes, rest, sent)
  local data = support.file(bytes)
  local program = support.file(("#!/bin/sh\ncat '%s' >&3\n%s\n"):format(data, rest or "exec sleep 60"))
  os.execute(("chmod +x '%s'"):format(program))
  local before, limit = box.program, box.limits.seconds
  box.program, box.limits.seconds = function() return program end, 1
  local ok, e = pcall(function()
    local one <close> = box.open("evil.lua", "")
    one.send = sent and function(self, seconds, kind, ...)
      sent[#sent + 1] = { kind, ... }
      return getmetatable(self).send(self, seconds, kind, ...)
    end
    local grant = { plugin = "evil", read = {}, write = {}, net = {}, secrets = {} }
    local services, items = broker.services(), {}
    broker.add_report(services, setmetatable({}, { __index = function(_, kind)
      return function(_, ...) items[#items + 1] = { kind, ... } end
    end }))
    return access.with(grant, one.call, one, services, function() end, "run")
  end)
  box.program, box.limits.seconds = before, limit
  return ok, ok and e or tostring(e)
end

local function refused(bytes, pattern, rest)
  local ok, e = call(bytes, rest)
  assert.is_false(ok)
  assert.matches(pattern, e)
end

describe("a worker that was taken over", function()
  after_each(support.clean)

  it("that says nothing and ends is named as such", function()
    refused("", "its process ended without an answer %(status 3%)", "exit 3")
    refused(ready, "its process crashed", "kill -SEGV $$")
    refused(ready, "was killed by the system", "kill -KILL $$")
  end)

  it("that stops in the middle of a message is stopped for its time", function()
    refused(ready, "ran for the 1 s")
    refused(ready .. message("done", 1):sub(1, -3), "ran for the 1 s")
    refused(ready .. "\1", "ran for the 1 s")
  end)

  it("can't send what is no message", function()
    refused(("\xff"):rep(64), "it sent what is no message")
    refused(ready .. ("<I4I4"):pack(1 << 30, 0), "it sent what is no message")
    refused(ready .. frame("{", 100), "it sent what is no message")
    refused(ready .. frame(""), "it sent a message that can't be read")
    refused(ready .. frame("s\255\255\255\127"), "it sent .*data string too short")
    refused(ready .. frame(("{i" .. ("<j"):pack(1)):rep(1000)), "nested too deeply")
    refused(ready .. frame("{" .. ("i" .. ("<j"):pack(1)):rep(400000) .. "}"), "too many values")
    refused(ready .. frame("{00}"), "a key that is none")
    refused(ready .. frame("{d" .. ("<n"):pack(0 / 0) .. "t}"), "a key that is none")
    refused(ready .. frame("D\1"), "without its descriptor")
    refused(ready .. frame("tt"), "more behind its end")
    refused(ready .. message("nonsense"), "a message of no kind")
    refused(ready .. message(), "a message of no kind")
    refused(ready .. frame "t", "it sent")
  end)

  it("that is of another version isn't spoken to", function()
    refused(message("ready", "9.9.9", {}), "of another version")
    refused(message "done", "of another version")
  end)

  it("gets no service that there isn't, and none that wasn't granted", function()
    for _, ask in ipairs { { "input" }, { "no_such" }, { 5 }, { "open", "/etc/passwd" }, { "open", {} }, { "read", "/etc/passwd" },
      { "read", { { "/etc/passwd" } } }, { "write", "/tmp/pwned", "x" }, { "file", "/etc/passwd" }, { "module", "lunette/../x" },
      { "module", "os" }, { "enrich", 1, "../x" }, { "database", "geo", "/etc/passwd" }, { "lookup", "geo" }, { "table", "x" },
      { "item", "table", {}, 99 }, { "item", "chart", 5 }, { "item", "nothing", {} } } do
      local sent = {}
      assert.is_true(call(ready .. message("ask", table.unpack(ask)) .. message "done", nil, sent))
      local answer = sent[2]
      assert.is_true(answer[1] == "refused" or answer[1] == "answer" and answer[2] == nil, tostring(ask[1]))
    end
    assert.is_nil(io.open "/tmp/pwned")
  end)

  it("can't say that it failed as what it isn't", function()
    for _, code in ipairs { "cancelled", "usage", "nomem", "internal", 5 } do
      local ok, e = call(ready .. message("failed", code, "interrupted"))
      assert.is_false(ok)
      assert.matches("evil.lua: interrupted", e)
    end
  end)

  it("gives data, whatever it says of their number", function()
    local ok, value = call(ready .. frame((wire.pack { "done", 7, n = 1e9 })))
    assert.is_true(ok)
    assert.equal(7, value)
  end)
end)
