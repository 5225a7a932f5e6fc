local args = require "lunette.args"

local options = {
  { name = "--output", short = "-o", arg = "FILE", doc = "where to" },
  { name = "--format", arg = "F", doc = "how", read = args.choice { csv = true, json = true } },
  { name = "--raw", doc = "as it is" },
  { name = "--threads", arg = "N", doc = "how many", read = args.threads },
}

local function parse(...) return args.parse(options, { ... }, 1) end

local function message(...)
  local ok, e = pcall(parse, ...)
  assert.is_false(ok)
  assert.equal("usage", e.code)
  return e.message
end

describe("command-line options", function()
  it("are taken in every form", function()
    assert.same({ output = "a", raw = true }, (parse("-o", "a", "--raw")))
    assert.same({ output = "a" }, (parse "-oa"))
    assert.same({ output = "a=b" }, (parse "--output=a=b"))
    assert.same({ threads = 3 }, (parse("--threads", "3")))
  end)

  it("may stand among the other words", function()
    local values, rest = parse("run", "--raw", "-", "x=1")
    assert.same({ raw = true }, values)
    assert.same({ "run", "-", "x=1" }, rest)
  end)

  it("end at --", function()
    local values, rest = parse("--", "--raw")
    assert.same({}, values)
    assert.same({ "--raw" }, rest)
  end)

  it("that are unknown name the nearest one", function()
    assert.equal("no option --fromat (did you mean '--format'?)", message "--fromat")
    assert.equal("no option -x", message "-x")
  end)

  it("say what is wrong with their values", function()
    assert.equal("--output needs a value: --output FILE", message "--output")
    assert.equal("--raw takes no value", message "--raw=1")
    assert.equal("--format: 'cvs' is none of csv, json (did you mean 'csv'?)", message("--format", "cvs"))
    assert.equal("--threads: '0' is no number of threads (1 to 256)", message("--threads", "0"))
  end)
end)

describe("sizes", function()
  it("are read with their units", function()
    assert.equal(500 * 1024 * 1024, args.size "500M")
    assert.equal(2 * 1024 ^ 3, args.size "2GiB")
    assert.equal(1536 * 1024 ^ 2, args.size "1.5g")
    assert.equal(100, args.size "100")
  end)

  it("that are none are refused", function()
    for _, text in ipairs { "", "x", "-1", "0", "5X", "1e9" } do assert.is_nil((args.size(text))) end
  end)
end)
