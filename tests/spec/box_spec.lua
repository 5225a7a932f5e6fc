-- A plugin does the same in a box as in this process: the bundled ones, copied to where they are nobody's, say the same.
local support = dofile "tests/spec/support/process.lua"

local cases = {
  { "families", "sample" }, { "ports", "sample", "min_count=50" }, { "overlap", "sample" }, { "topn", "sample", "by=port" },
  { "asn", "sample" }, { "beacons", "sample-log" }, { "rare", "sample-log" }, { "hits", "sample-log", "feed=sample" },
}

-- The folder of the bundled plugins, of the build tree or of an installation.
local bundled = require("lunette").home .. "plugins"

describe("a plugin in a box", function()
  after_each(support.clean)

  for _, case in ipairs(cases) do
    it("reports what it reports in this process: " .. case[1], function()
      local copies = support.folder {}
      os.execute(("cp -rL '%s/analyses' '%s/'"):format(bundled, copies))
      local words = { "run", table.unpack(case) }
      table.move({ "--format", "json", "--allow", "all" }, 1, 4, #words + 1, words)
      local here = support.run(words)
      local there = support.run(words, { env = { LUNETTE_PLUGINS = copies } })
      assert.equal(0, here.status)
      assert.equal(0, there.status)
      assert.is_true(#here.out > 500)
      assert.equal(here.out, there.out)
      local info = support.run({ "info", case[1] }, { env = { LUNETTE_PLUGINS = copies } })
      assert.is_truthy(info.out:find("file: " .. copies, 1, true))
    end)
  end

  it("runs other analyses, on queries, with queries as parameters, and reports what they report", function()
    local file = support.file([[local lunette = require "lunette"
      return { api = 1, kind = "analysis", name = "both", version = "1.0.0", summary = "Runs others", run = function(ctx)
        local busy = ctx:run("topn", nil, { by = "dst_port", n = 2 })
        ctx:run("topn", ctx.input:filter "dst_port == 443", { by = "dst_ip", n = 3 })
        ctx:run("hits", nil, { feed = lunette.read "sample" })
        ctx:metric { name = "rows", value = #busy:table() }
      end }]], ".lua")
    local words = { "run", file, "sample-log", "--format", "json" }
    local there = support.run(words)
    words[#words + 1] = "--trust"
    local here = support.run(words)
    assert.matches("there are two metrics called 'rows'", here.err)
    assert.matches("there are two metrics called 'rows'", there.err)
    local fixed = support.file(support.content(file):gsub('"rows", value', '"busiest", value'), ".lua")
    words[2] = fixed
    here, words[#words] = support.run(words), nil
    there = support.run(words)
    assert.equal("", here.err)
    assert.equal(here.out, there.out)
    for _, name in ipairs { "topn", "topn_topn", "hits", "busiest", "topn_rows" } do
      assert.matches('"name":%s*"' .. name .. '"', here.out)
    end
  end)

  it("reads its input by a source in a box, too", function()
    local copies = support.folder {}
    os.execute(("cp -rL '%s/sources' '%s/'"):format(bundled, copies))
    local words = { "run", "families", "sample", "--format", "json", "--allow", "all" }
    assert.equal(support.run(words).out, support.run(words, { env = { LUNETTE_PLUGINS = copies } }).out)
  end)
end)
