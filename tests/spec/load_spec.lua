-- Large files that are read whole: what is seen of them is what it would be if their types had been found first.
local lunette = require "lunette"

-- More than what is read at once for the types (engine/io/deferred.h), and how many rows that is.
local function large_csv(last)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  local block = ("12,2024-05-01 10:00:00,10.0.0.7,some words\n"):rep(10000)
  file:write "n,at,host,text\n"
  for _ = 1, 90 do file:write(block) end
  file:write(last)
  file:close()
  return path, 900000
end

local function types_of(query)
  local types = {}
  for _, column in ipairs(query:schema()) do types[#types + 1] = column.type end
  return table.concat(types, " ")
end

describe("a large file", function()
  it("is loaded with the types that its beginning shows when the rest is like it", function()
    local path, n = large_csv "13,2024-05-02,10.0.0.8,the last\nonly one field\n"
    local query = lunette.csv(path)
    local loaded = query:collect()
    assert.equal(n + 1, #loaded)
    assert.equal("int time ip string", types_of(loaded))
    assert.equal("the last", loaded:tail(1):first().text)
    assert.same({ n + 1, 1 }, { query:counts() })
    assert.equal(n + 3, query:rejects():first().line)
    assert.matches("n: int %(line 2: '12'%)", query:explain())
    assert.equal(n * 12 + 13, query:group_by():agg("s = sum(n)"):first().s)
    os.remove(path)
  end)

  it("has the types of all its values when the last one changes a type", function()
    local path, n = large_csv "0013,never,10.0.0.8,the last\n"
    local query = lunette.csv(path)
    local loaded = query:collect()
    assert.equal("string string ip string", types_of(loaded))
    assert.same({ "0013", "never" }, { loaded:tail(1):first().n, loaded:tail(1):first().at })
    assert.matches(("n: string %%(line %d: '0013'%%)"):format(n + 2), query:explain())
    assert.same({ n + 1, 0 }, { query:counts() })
    os.remove(path)
  end)

  it("shows these types before it is read, too", function()
    local path = large_csv "0013,2024-05-02,10.0.0.8,the last\n"
    assert.equal("string time ip string", types_of(lunette.csv(path)))
    assert.equal(1, lunette.csv(path):filter("n == '0013'"):length())
    os.remove(path)
  end)

  it("of JSON lines has the columns and types of all its records", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    local block = ('{"n":12,"at":"2024-05-01T10:00:00Z","host":"10.0.0.7","text":"some words"}\n'):rep(10000)
    for _ = 1, 50 do file:write(block) end
    file:write '{"n":13,"at":null,"text":"the last"}\n{"n":1\n'
    file:close()
    local query = lunette.json(path)
    local loaded = query:collect()
    assert.equal("int time ip string", types_of(loaded))
    assert.equal("the last", loaded:tail(1):first().text)
    assert.same({ 500001, 1 }, { query:counts() })
    assert.equal(500002, query:rejects():first().line)
    assert.matches("500001 records, 1 rejected", query:explain())
    file = assert(io.open(path, "a"))
    file:write '\n{"n":"a word","late":true}\n'
    file:close()
    query = lunette.json(path)
    assert.equal("string time ip string bool", types_of(query:collect()))
    assert.matches("n: string %(record 1 has an int, record 500003 a string%)", query:explain())
    os.remove(path)
  end)
end)
