local lunette = require "lunette"
local support = dofile "tests/spec/support/process.lua"

local function message(fn, ...)
  local ok, e = pcall(fn, ...)
  assert.is_false(ok)
  return tostring(e)
end

local function text_of(query)
  local path = support.temporary ".ndjson"
  query:write(path)
  return support.content(path)
end

describe("Arrow files", function()
  after_each(support.clean)

  it("hold every type, come back as they were, and are known by their content", function()
    local path = support.temporary ".arrow"
    local written = lunette.table({ s = { "a", lunette.null, "ü" }, i = { 1, lunette.null, -300 }, f = { 0.5, lunette.null, 2.0 },
      b = { true, lunette.null, false } })
      :derive("t = time('2021-11-15 12:30:00.25')", "ip = ip(if_else(i == 1, '198.18.0.1', '2001:db8::1'))")
    written:write(path)
    local read, source = require("lunette.read").one(path)
    assert.equal("arrow", source.name)
    assert.same(written:schema(), read:schema())
    assert.equal(text_of(written), text_of(read))
  end)

  it("are read by the columns that are asked for", function()
    local path = support.temporary ".arrow"
    lunette.read("sample"):write(path)
    local query = lunette.arrow(path):filter("port == 449"):group_by("family"):agg "n = count()"
    assert.matches("columns 2 of 1%d: port, family", query:explain())
    assert.equal(text_of(lunette.read("sample"):filter("port == 449"):group_by("family"):agg "n = count()"), text_of(query))
    assert.same({ { name = "family", type = "string" }, { name = "ip", type = "ip" } },
      lunette.arrow(path, { columns = { "family", "ip" } }):schema())
    assert.matches("has no column 'famly' %(did you mean 'family'%?%)",
      message(lunette.arrow, path, { columns = { "famly" } }))
  end)

  it("hold only the texts that their rows have, in an order that doesn't tell where they came from", function()
    local one, two = support.temporary ".arrow", support.temporary ".arrow"
    local sample = lunette.read("sample"):select("family", "port"):collect()
    local part = sample:filter "port == 449 and family ~= 'TrickBot'":head(5):collect()
    part:write(one)
    assert.is_nil(support.content(one):find("Cobalt Strike", 1, true))
    local families, ports = {}, {}
    for row in part:rows() do families[#families + 1], ports[#ports + 1] = row.family, row.port end
    lunette.table { { name = "family", values = families }, { name = "port", values = ports } }:write(two)
    assert.equal(support.content(one), support.content(two))
  end)

  it("that are cut after they were opened are said to have shrunk", function()
    local path = os.tmpname() .. ".arrow"
    lunette.table({ a = { 1, 2, 3 } }):write(path)
    local query = lunette.read(path)
    assert.equal("int", query:schema()[1].type)
    io.open(path, "wb"):close()
    assert.matches("shrank while it was read", message(query.collect, query))
    os.remove(path)
  end)

  it("that are cut off, or no Arrow files, are clear errors", function()
    local path = support.temporary ".arrow"
    lunette.read("sample"):head(100):write(path)
    local content = support.content(path)
    local cut = support.file(content:sub(1, #content - 100), ".arrow")
    assert.matches("was cut off: an Arrow file ends with a footer", message(lunette.read, cut))
    assert.matches("no Arrow file", message(lunette.arrow, support.file("a,b\n1,2\n", ".csv")))
    assert.matches("no option of arrow is called 'column'", message(lunette.arrow, path, { column = {} }))
  end)

  it("leave what was there before when writing fails, and nothing beside it", function()
    local path = support.file("before", ".arrow")
    local bad = lunette.table({ a = { "1", "x" } }):derive "b = int(a)"
    message(bad.write, bad, path)
    assert.equal("before", support.content(path))
    local folder, name = path:match "^(.*)/(.*)$"
    local pipe = io.popen(("ls -A %s | grep -cF .%s."):format(folder, name))
    assert.equal("0\n", pipe:read "a")
    pipe:close()
  end)

  it("lose columns of types that aren't read, which is said, and no others", function()
    local path = "tests/spec/support/nested.arrow" -- Apache Arrow's: int, list of struct, map, text
    assert.same({ { name = "n", type = "int" }, { name = "s", type = "string" } }, lunette.arrow(path):schema())
    assert.equal('{"n":1,"s":"p"}\n{"n":2,"s":null}\n{"n":3,"s":"q"}\n', text_of(lunette.arrow(path)))
    assert.matches("\n%s+ls: left out %(list of struct%)\n%s+m: left out %(map%)\n", lunette.arrow(path):explain())
    assert.matches("values of the type map %(column 'm'%) aren't read", message(lunette.arrow, path, { columns = { "n", "m" } }))
    assert.not_matches("left out", lunette.arrow(path, { columns = { "n" } }):explain())
    local run = support.run { "convert", path, "-", "--format", "csv" }
    assert.equal("n,s\n1,p\n2,\n3,q\n", (run.out:gsub("\r", "")))
    assert.matches("column 'ls' is left out: values of the type list of struct aren't read", run.err)
  end)

  it("come from the command line, to a file or a pipe, and from a pipe or an archive", function()
    local path = support.temporary ".arrow"
    local run = support.run { "run", "families", "sample", "-o", path }
    assert.equal(0, run.status)
    local query = lunette.read(path)
    assert.equal("family", query:schema()[1].name)
    local exe = support.absolute()
    local function shell(command)
      local pipe = io.popen(command)
      local out = pipe:read "a"
      pipe:close()
      return out
    end
    assert.equal(("%d\n"):format(#query),
      shell(exe .. " run families sample --format arrow 2> /dev/null | " .. exe .. " -e 'print(#t)' -"))
    os.execute("gzip -k " .. path)
    assert.equal(#query, #lunette.read(path .. ".gz"))
    os.remove(path .. ".gz")
  end)
end)
