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

  it("reads its input by a source in a box, too", function()
    local copies = support.folder {}
    os.execute(("cp -rL '%s/sources' '%s/'"):format(bundled, copies))
    local words = { "run", "families", "sample", "--format", "json", "--allow", "all" }
    assert.equal(support.run(words).out, support.run(words, { env = { LUNETTE_PLUGINS = copies } }).out)
  end)
end)
