local candidates = require("lunette.commands.complete").candidates

local function has(list, wanted)
  for _, item in ipairs(list) do
    if item == wanted then return true end
  end
  return false
end

describe("completion of a command line", function()
  it("offers commands first, and files where nothing else fits", function()
    assert.same({ "report" }, candidates { "rep" })
    assert.is_true(has(candidates { "" }, "sample"))
    assert.same({}, candidates { "./data" })
  end)

  it("offers the analyses to run, then their parameters", function()
    assert.is_true(has(candidates { "run", "" }, "families"))
    assert.is_false(has(candidates { "run", "" }, "threatfox"))
    assert.same({ "min_count=" }, candidates { "run", "families", "min_c" })
    assert.same({}, candidates { "run", "no_such_plugin", "min_c" })
    assert.same({ "min_count=" }, candidates { "run", "--format", "csv", "families", "min_c" })
  end)

  it("offers a command's own options and what they take", function()
    assert.same({ "--format" }, candidates { "run", "families", "--fo" })
    assert.is_false(has(candidates { "list", "--" }, "--format"))
    assert.same({ "csv" }, candidates { "run", "families", "--format", "cs" })
    assert.is_true(has(candidates { "run", "families", "--enrich", "" }, "geoip"))
    assert.same({}, candidates { "run", "families", "-o", "" })
  end)

  it("knows every command's options", function()
    for name in pairs(require("lunette.cli").commands) do assert.is_true(has(candidates { name, "--h" }, "--help")) end
  end)
end)
