local lunette = require "lunette"
local support = dofile "tests/spec/support/process.lua"

describe("lunette convert", function()
  after_each(support.clean)

  it("writes any input in the format that the output's ending says, and tells how many rows", function()
    local csv = support.file("family,port\nQakBot,995\nTrickBot,449\n", ".csv")
    for ending, start in pairs { csv = "family,port\n", tsv = "family\tport\n", json = "[", ndjson = '{"family":"QakBot","port":995}\n',
      md = "| family", arrow = "ARROW1" } do
      local out = support.temporary("." .. ending)
      local got = support.run { "convert", csv, out }
      assert.same({ 0, "" }, { got.status, got.out }, got.err)
      assert.equal(start, support.content(out):sub(1, #start))
      assert.equal(("lunette: 2 rows written to %s\n"):format(out), got.err)
    end
  end)

  it("goes to Arrow and back without a loss", function()
    local arrow, ndjson, direct = support.temporary ".arrow", support.temporary ".ndjson", support.temporary ".ndjson"
    assert.equal(0, support.run({ "convert", "sample", arrow }).status)
    assert.equal(0, support.run({ "convert", arrow, ndjson }).status)
    assert.equal(0, support.run({ "convert", "sample", direct }).status)
    assert.equal(support.content(direct), support.content(ndjson))
  end)

  it("renames columns", function()
    local file = support.file("Malware,a=b\nQakBot,1\n", ".csv")
    local got = support.run { "convert", file, "-", "--format", "csv", "--columns", "a=b, family = Malware" }
    assert.equal("a=b,family\n1,QakBot\n", got.out, got.err)
    assert.matches("1 row written", got.err)
    got = support.run { "convert", file, "-", "--format", "csv", "--columns", "family=Malwar" }
    assert.matches("did you mean 'Malware'", got.err)
  end)

  it("takes rows and columns that are asked for, from several inputs too", function()
    local one = support.file("family,port\nQakBot,995\n", ".csv")
    local got = support.run { "convert", one, one, "-", "--format", "csv", "--filter", "port > 1", "--columns", "port,family" }
    assert.equal("port,family\n995,QakBot\n995,QakBot\n", got.out)
    assert.equal("lunette: 2 rows written\n", got.err)
  end)

  it("says what it couldn't read", function()
    local bad = support.file("a,b\n1,2\n1,2,3\n", ".csv")
    local got = support.run { "convert", bad, "-", "--format", "ndjson" }
    assert.equal('{"a":1,"b":2}\n', got.out)
    assert.matches("1 of 2 rows of .* rejected", got.err)
    assert.matches("line 3: 3 fields where 2 are expected", got.err)
  end)

  it("never replaces an input, and leaves nothing when it fails", function()
    local csv = support.file("a\nx\n", ".csv")
    assert.equal(2, support.run({ "convert", csv, csv }).status)
    assert.equal("a\nx\n", support.content(csv))
    local out = support.temporary ".arrow"
    local got = support.run { "convert", csv, out, "--filter", "b == 1" }
    assert.equal(1, got.status)
    assert.matches("no column 'b'", got.err)
    assert.is_nil(io.open(out))
    assert.equal(2, support.run({ "convert", csv }).status)
    assert.equal(2, support.run({ "convert", csv, "-" }).status)
    assert.matches("end it in .arrow, .csv, .feather, .json, .jsonl, .md, .ndjson, .tsv, or say",
      support.run({ "convert", csv, "x.odd" }).err)
    assert.matches("is for reports", support.run({ "convert", csv, out .. ".html" }).err)
    assert.matches("no option .*did you mean", support.run({ "convert", csv, out, "--formt", "csv" }).err)
  end)

  it("makes JSON lines of a feed that the feed's source reads again", function()
    local ndjson = support.temporary ".ndjson"
    assert.equal(0, support.run({ "convert", "sample", ndjson, "--source", "threatfox" }).status)
    local raw = support.temporary ".ndjson"
    support.run { "convert", lunette.home .. "sample/threatfox-sample.csv", raw, "--source", "csv" }
    local again = lunette.read(raw)
    assert.equal(#lunette.read "sample", #again)
    assert.equal(lunette.read("sample"):filter("port == 449"):length(), again:filter("port == 449"):length())
    assert.equal(0, #again:rejects())
  end)

  it("reads JSON lines from an archive as it reads them plain", function()
    local path = support.file(('{"a":1,"b":"x"}\n{"a":2}\nno json\n'):rep(50000), ".ndjson")
    os.execute("gzip -k " .. path)
    for _, each in ipairs { path, path .. ".gz" } do
      local query = lunette.json(each)
      assert.same({ 100000, 50000 }, { #query, #query:rejects() })
      assert.equal(50000, query:filter("b == 'x'"):length())
      assert.matches("an object a line, 100000 records, 50000 rejected", query:explain())
    end
    os.remove(path .. ".gz")
  end)

  it("reads with the source that is named", function()
    local got = support.run { "convert", lunette.home .. "sample/threatfox-sample.csv", "-", "--format", "csv", "--source", "csv",
      "--columns", "ioc_value" }
    assert.matches("^ioc_value\n", got.out)
  end)

  it("says when the output gets larger than a file may be, and leaves nothing", function()
    local out = support.temporary ".csv"
    os.remove(out)
    local command = ("(ulimit -f 8; exec '%s' convert sample '%s' 2>&1)"):format(os.getenv "LUNETTE_EXE", out)
    local pipe = assert(io.popen(command))
    assert.matches("gets larger than a file may be here", pipe:read "a")
    pipe:close()
    assert.is_nil(io.open(out))
  end)
end)
