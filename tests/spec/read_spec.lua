local lunette = require "lunette"
local read = require "lunette.read"
local support = dofile "tests/spec/support/process.lua"

local csv = "family,port\nQakBot,995\nTrickBot,449\n"

local function message(fn, ...)
  local ok, e = pcall(fn, ...)
  assert.is_false(ok)
  return tostring(e)
end

describe("reading", function()
  after_each(support.clean)

  it("finds the source that knows the file", function()
    local _, source = read.one(support.file(csv, ".csv"))
    assert.equal("csv", source.name)
    _, source = read.one(support.file('[{"family":"QakBot","port":995}]', ".json"))
    assert.equal("json", source.name)
    _, source = read.one "sample"
    assert.equal("threatfox", source.name)
  end)

  it("is told the source by its name, and says the nearest when there is none", function()
    local path = support.file(csv, ".txt")
    assert.equal(2, #lunette.read(path, { source = "csv" }))
    assert.matches("no source 'cvs' %(did you mean 'csv'%?%)", message(lunette.read, path, { source = "cvs" }))
  end)

  it("says what to do with text in two bytes a character, whatever it holds", function()
    for encoding, text in pairs { ["UTF-16LE"] = "\xff\xfe[\0{\0}\0]\0", ["UTF-16BE"] = "\0[\0{\0\"\0a" } do
      assert.matches("is " .. encoding .. " text; convert it first: iconv -f " .. encoding,
        message(lunette.read, support.file(text, ".json")), 1, true)
    end
  end)

  it("takes a spreadsheet's first line that names the delimiter, whose row is no row", function()
    for text, delimiter in pairs { ["sep=;\r\na;b,c\r\n1;2,3\r\n4\r\n"] = ";", ["\xef\xbb\xbfsep=\t\na\tb,c\n1\t2,3\n4\n"] = "\t" } do
      local query = lunette.read(support.file(text, ".csv"))
      assert.same({ { name = "a", type = "int" }, { name = "b,c", type = "string" } }, query:schema(), delimiter)
      assert.same({ "2,3" }, query:column("b,c"):values())
      assert.equal(4, query:rejects():first().line)
    end
    assert.equal("sep=x", lunette.csv(support.file("sep=x,b\n1,2\n", ".csv")):schema()[1].name)
  end)

  it("takes lists for as long as they are, whatever a metamethod says", function()
    local path = support.file("1,2\n", ".csv")
    for _, length in ipairs { 2305843009213693951, -1, 0 } do -- the first one's pointers would need 2^64 bytes
      local names = setmetatable({ "a", "b" }, { __len = function() return length end })
      assert.same({ name = "b", type = "int" }, lunette.csv(path, { header = false, names = names }):schema()[2])
    end
    local names = setmetatable({ header = false, names = { "a" .. #path, "b" .. #path } }, { __index = function(options, key)
      if key == "types" then -- asked for after the names were read
        options.names[1], options.names[2] = nil, nil
        collectgarbage()
      end
    end })
    assert.equal("a" .. #path, lunette.csv(path, names):schema()[1].name)
  end)

  it("passes options on to the source", function()
    local path = support.file("a;b\n1;2\n", ".csv")
    assert.same({ { name = "a", type = "string" }, { name = "b", type = "string" } },
      lunette.read(path, { delimiter = ";", all_strings = true }):schema())
  end)

  it("checks the raw readers' options", function()
    local path = support.file(csv, ".csv")
    assert.matches("no option of csv is called 'delimitr' %(did you mean 'delimiter'%?%)",
      message(lunette.csv, path, { delimitr = ";" }))
    assert.matches("'delimiter' must be one character", message(lunette.csv, path, { delimiter = ";;" }))
    assert.matches("no type 'integer' for column 'port'", message(lunette.csv, path, { types = { port = "integer" } }))
    assert.matches("csv: the option 'header' is a string, not a boolean", message(lunette.csv, path, { header = "yes" }))
    assert.matches("item 1 is a number, not a string", message(lunette.csv, path, { nulls = { 1 } }))
  end)

  it("puts several files together, with a column for where each row is from", function()
    local a, b = support.file(csv, ".csv"), support.file("port,family\n80,Emotet\n", ".csv")
    local both = lunette.read { a, b }
    assert.same({ a, a, b }, both:column("source"):values())
    assert.same({ 995, 449, 80 }, both:column("port"):values())
  end)

  it("gives several files' columns one type: where one has no values, that of the others; else text, as it is written", function()
    local function file(text) return support.file(text, ".csv") end
    local a = file "n,ip,t,x\n1,198.18.0.1,2021-11-15,1.50\n"
    local empty = file "n,ip,t,x\n,,,2\n"
    local none = file "n,ip,t,x\n"
    local q = lunette.read { empty, a, none }
    assert(q:has("n", "int") and q:has("ip", "ip") and q:has("t", "time") and q:has("x", "float"))
    assert.same({ lunette.null, 1 }, q:column("n"):values())
    assert.equal("198.18.0.1", tostring(q:filter("ip == '198.18.0.1'"):first().ip))
    local words = file "n,ip,t,x\nmany,host.example,soon,y\n2.5,::1,,\n"
    q = lunette.read { a, words, empty }
    assert(q:has("n", "string") and q:has("ip", "string") and q:has("t", "string") and q:has("x", "string"))
    assert.same({ "1", "many", "2.5", lunette.null }, q:column("n"):values())
    assert.same({ "1.50", "y", lunette.null, "2" }, q:column("x"):values())
    assert.same({ "2021-11-15", "soon", lunette.null, lunette.null }, q:column("t"):values())
    assert.same({ 2.5, 1 }, lunette.read { file "n\n2.5\n", a }:column("n"):values())
    local one, two = support.file('{"n":1,"b":true}\n', ".json"), support.file('{"n":null,"b":"no"}\n', ".json")
    q = lunette.read { one, two }
    assert(q:has("n", "int") and q:has("b", "string"))
    assert.same({ "true", "no" }, q:column("b"):values())
  end)

  it("says what can't be read", function()
    assert.matches("no%-such%-file", message(lunette.read, "no-such-file.csv"))
    assert.matches("read takes a path", message(lunette.read))
    assert.matches("read takes a path", message(lunette.read, {}))
    assert.matches("no source knows", message(lunette.read, support.file("\0\1\2\3binary", ".bin")))
  end)

  it("keeps the rows that it can't read, with line and reason", function()
    local q = lunette.csv(support.file(csv .. "a,b,c\nEmotet,8080\n", ".csv"))
    assert.equal(3, #q)
    local reject = q:rejects():first()
    assert.equal(4, reject.line)
    assert.equal("a,b,c", reject.text)
    assert.is_string(reject.reason)
    assert.same({ 3, 1 }, { q:counts() })
  end)

  it("knows how many rows a table in a file has, and that none was left out", function()
    local path = support.temporary ".arrow"
    lunette.table { n = { 1, 2, 3 } }:write(path)
    local q = lunette.read(path)
    assert.same({ 3, 0 }, { q:counts() })
    assert.same({ 3, 0 }, { q:filter "n > 1":counts() })
    assert.same({ 0, 0 }, { lunette.table { n = { 1, 2, 3 } }:counts() }) -- no input
  end)
end)

describe("rows that can't be read, more than anybody wants to see", function()
  local function check(path, content)
    local file = assert(io.open(path, "wb"))
    file:write(content)
    file:close()
    local q = lunette.read(path)
    assert.equal(2, q:length())
    local rows, rejected = q:counts()
    assert.equal(2, rows)
    assert.equal(100500, rejected)
    local rejects = q:rejects()
    assert.equal(100001, rejects:length())
    local last = rejects:tail(1):first()
    assert.equal("500 more were rejected; the first 100000 are listed", last.reason)
    assert.is_nil(last.line)
    os.remove(path)
  end

  it("are counted exactly, and kept up to a number, which is said: CSV", function()
    check(os.tmpname() .. ".csv", "a,b\n1,2\n" .. ("1,2,3\n"):rep(100500) .. "3,4\n")
  end)

  it("are counted exactly, and kept up to a number, which is said: JSON", function()
    check(os.tmpname() .. ".json", '{"a":1}\n' .. ("{x\n"):rep(100500) .. '{"a":2}\n')
  end)
end)

describe("text with a NUL in it", function()
  it("is written to CSV so that it can be read again", function()
    local path = os.tmpname() .. ".csv"
    lunette.table({ a = { "x\0y", "=\0", "\0", "z" }, b = { 1, 2, 3, 4 } }):write(path)
    local got = {}
    for row in lunette.csv(path):rows() do got[row.b] = row.a end
    assert.same({ "x\u{fffd}y", "'=\u{fffd}", "\u{fffd}", "z" }, got)
    os.remove(path)
  end)
end)
