-- Queries over large files, which are planned with the types of the files' beginnings.
local lunette = require "lunette"

local path = os.tmpname()

-- A file beyond 32 MiB, of whose last row `last` is a part.
local function large(last)
  local lines = {}
  for i = 0, 999 do lines[#lines + 1] = ("%d,%s,name %d,%s"):format(i % 100, i % 9 == 0 and "" or i / 8, i % 7, ("x"):rep(80)) end
  local piece = table.concat(lines, "\n") .. "\n"
  local file = assert(io.open(path, "wb"))
  file:write "port,score,name,padding\n"
  for _ = 1, (33 << 20) // #piece + 1 do file:write(piece) end
  file:write(last)
  file:close()
  return ((33 << 20) // #piece + 1) * 1000
end

describe("a query over a large file", function()
  teardown(function() os.remove(path) end)

  describe("whose beginning shows its types", function()
    local n
    setup(function() n = large "" end)

    it("gives what the rows are", function()
      assert.equal(n // 100 * 2, lunette.csv(path):filter("port >= 98"):count():first().count)
      local rows = lunette.csv(path):select("name", "port"):group_by("name"):agg("n = count()", "least = min(port)"):sort("name"):collect()
      assert.equal(7, #rows)
      assert.equal("name 0", rows:first().name)
      assert.equal(0, rows:first().least)
    end)

    it("knows types, rows and rejects afterwards, and before", function()
      local q = lunette.csv(path):filter("port == 7")
      assert.equal("int", q:schema()[1].type)
      local other = lunette.csv(path):filter("port == 7")
      assert.equal(n // 100, #other:collect())
      assert.equal(0, #other:rejects())
      assert.equal("int", other:schema()[1].type)
      assert.matches("scan csv", other:explain())
    end)

    it("says at once what is wrong with an expression", function()
      assert.error_matches(function() lunette.csv(path):filter("prot > 1") end, "prot")
      assert.error_matches(function() lunette.csv(path):select("name"):derive("x = port + 1") end, "port")
    end)

    it("isn't changed by tables that change after the call", function()
      local params, names = { least = 98 }, { "port" }
      local q = lunette.csv(path):filter("port >= $least", params):select(table.unpack(names))
      params.least, names[1] = 0, "name"
      assert.equal(n // 100 * 2, #q:collect())
    end)
  end)

  describe("whose end shows other types than its beginning", function()
    local n
    setup(function() n = large "http,high,name 9,y\n" end)

    it("gives what the types of all values make of it", function()
      local q = lunette.csv(path):filter("name == 'name 9'"):select("port", "score")
      local row = q:first()
      assert.equal("http", row.port)
      assert.equal("high", row.score)
      assert.equal(n + 1, lunette.csv(path):count():first().count)
      assert.equal("string", lunette.csv(path):select("port"):collect():schema()[1].type)
    end)

    it("says what is wrong then, and where the verb stands", function()
      local q = lunette.csv(path):filter("port > 5"):select("name")
      local line = debug.getinfo(1, "l").currentline - 1
      local ok, err = pcall(function() return q:collect() end)
      assert.is_false(ok)
      assert.matches("port > 5", tostring(err))
      assert.matches("guess_spec.lua:" .. line .. ":", tostring(err), 1, true)
      local later = lunette.csv(path)
      assert.equal("string", later:schema()[1].type)
      local same, plain = pcall(function() return later:filter("port > 5") end)
      assert.is_false(same)
      assert.equal((tostring(plain):gsub("^%S+ ", "")), (tostring(err):gsub("^%S+ ", "")))
    end)

    it("repeats any number of verbs", function()
      local q, params = lunette.csv(path), { n = 1 }
      for i = 1, 300 do
        params.n = i
        q = q:derive("x = $n", params)
      end
      params.n = 0
      local row = q:filter("name == 'name 9'"):first()
      assert.equal(300, row.x)
      assert.equal("http", row.port)
    end)
  end)
end)
