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

  it("offers a parameter's values behind its equals sign, and no words where it takes files", function()
    assert.same({ "by=host" }, candidates { "run", "beacons", "x.log", "by=h" })
    assert.same({ "internal=true" }, candidates { "run", "beacons", "internal=t" })
    assert.same({ "feed=sample" }, candidates { "run", "hits", "sample-log", "feed=" })
    assert.same({}, candidates { "run", "hits", "feed=my" })
    assert.same({}, candidates { "run", "hits", "no_such=" })
    assert.same({ "source" }, candidates { "new", "x", "--kind", "s" })
    assert.same({ "ports" }, candidates { "test", "por" })
  end)

  it("works in bash, which takes words apart at equals signs, and in fish where there is one", function()
    local support = dofile "tests/spec/support/process.lua"
    local scripts = require("lunette").home .. "../../../scripts/completions/"
    local file = io.open(scripts .. "lunette.bash")
    if not file then scripts = require("lunette").home .. "../" else file:close() end
    local bash = file and scripts .. "lunette.bash" or scripts .. "bash-completion/completions/lunette"
    local fish = file and scripts .. "lunette.fish" or scripts .. "fish/vendor_completions.d/lunette.fish"
    local function output(command)
      local pipe = assert(io.popen(("PATH='%s':$PATH %s 2>&1"):format(support.absolute():match "^(.*)/", command)))
      local text = pipe:read "a"
      pipe:close()
      return text
    end
    local function in_bash(words)
      local _, n = words:gsub("%S+", "")
      return output(("bash -c '. %s; COMP_WORDS=(lunette %s) COMP_CWORD=%d; _lunette 2> /dev/null; echo ${COMPREPLY[@]}'"):format(
        bash, words, n))
    end
    assert.equal("info\n", in_bash "inf")
    assert.equal("min_count=\n", in_bash "run ports sample min_c")
    assert.equal("host\n", in_bash "run beacons x.log by = h")
    assert.equal("sample\n", in_bash "run hits feed = sam")
    assert.equal("\n", in_bash "run hits feed = fe")
    if output("command -v fish"):match "fish" then
      assert.matches("^ports\n", output(("fish -N -c 'source %s; complete -C \"lunette run po\"'"):format(fish)))
    end
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
