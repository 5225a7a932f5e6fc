-- Source plugins: every row of every kind of feed, in the IOC schema, counted by plain Lua beside it.
local lunette = require "lunette"
local feeds = dofile "tests/spec/support/feeds.lua"

local SCHEMA = {
  "id", "first_seen", "last_seen", "ioc", "ioc_type", "ip", "port", "host", "threat_type", "malware", "family",
  "aliases", "confidence", "reference", "tags", "reporter", "source",
}
local TYPES = { id = "int", first_seen = "time", last_seen = "time", ip = "ip", port = "int", confidence = "int" }

local HEADER = '# "first_seen_utc","ioc_id","ioc_value","ioc_type","threat_type","fk_malware","malware_alias",'
  .. '"malware_printable","last_seen_utc","confidence_level","reference","tags","anonymous","reporter"\n'

local function data_or_skip(name) return feeds.data(name) or pending("no reference data: " .. name) end

-- Every cell of the query against the rows that plain Lua read, for the columns of `names`: schema → feed.
local function assert_same_cells(query, rows, names)
  local n = 0
  for got in query:rows() do
    n = n + 1
    local expected = rows[n]
    for column, name in pairs(names) do
      local value = got[column]
      if value ~= nil then value = tostring(value) end
      local wanted = expected[name]
      if wanted and TYPES[column] == "time" then wanted = wanted:gsub(" ", "T"):gsub("$", "Z") end
      if value ~= wanted then assert.are.equal(wanted, value, ("row %d, %s"):format(n, column)) end
    end
  end
  assert.are.equal(#rows, n)
end

local CELLS = {
  id = "ioc_id", first_seen = "first_seen_utc", last_seen = "last_seen_utc", ioc = "ioc_value",
  threat_type = "threat_type", malware = "fk_malware", family = "malware_printable", aliases = "malware_alias",
  confidence = "confidence_level", reference = "reference", tags = "tags", reporter = "reporter",
}

local function assert_whole_export(path)
  local rows, promised = feeds.threatfox(path)
  if promised then assert.are.equal(promised, #rows) end
  local query = lunette.read(path):collect()
  assert_same_cells(query, rows, CELLS)
  assert.are.equal(0, #lunette.read(path):rejects())
end

describe("the source threatfox", function()
  it("reads every row and cell of the sample", function()
    assert_whole_export(lunette.home .. "sample/threatfox-sample.csv")
    assert.are.equal(22618, #lunette.read "sample")
  end)

  it("gives the schema's columns in their order and types, then the feed's own", function()
    local names, types = {}, {}
    for i, column in ipairs(lunette.read "sample":schema()) do
      names[i], types[column.name] = column.name, column.type
    end
    assert.are.same(SCHEMA, table.move(names, 1, #SCHEMA, 1, {}))
    assert.are.same({ "is_compromised", "anonymous" }, table.move(names, #SCHEMA + 1, #names, 1, {}))
    for name, wanted in pairs(TYPES) do assert.are.equal(wanted, types[name]) end
    assert.are.equal("bool", types.is_compromised)
  end)

  it("takes address and port out of the IOC, in brackets too", function()
    local n = 0
    for row in lunette.read "sample":select("ioc", "ip", "port", "host", "source"):rows() do
      local host, port = feeds.host_and_port { ioc_value = row.ioc }
      assert(tostring(row.ip) == host and row.port == port and row.host == host, row.ioc)
      assert(row.source == "threatfox")
      n = n + 1
    end
    assert.are.equal(22618, n)
  end)

  for _, name in ipairs {
    "threatfox/ip-port_2020-2025.csv", "threatfox/full_urls_2025-12-07.csv", "threatfox/recent_2026-04-20.csv",
    "threatfox/recent_2026-04-21.csv", "threatfox/recent_2026-04-22.csv", "threatfox/recent_2026-04-23.csv",
    "threatfox/recent_2026-04-24.csv", "threatfox/recent_2026-04-25.csv", "threatfox/recent_2026-04-26.csv",
    "article/c2_ip-port_2018-2021.csv",
  } do
    it("reads every row and cell of " .. name, function()
      assert_whole_export(data_or_skip(name))
    end)
  end

  it("finds columns by their names, wherever they stand", function()
    local content = '# "ioc_value","extra","malware_printable","first_seen_utc","fk_malware","ioc_type","threat_type"\n'
      .. '"240.0.0.1:443", "x", "QakBot", "2021-11-15 10:00:00", "win.qakbot", "ip:port", "botnet_cc"\n'
    feeds.with_file(content, ".csv", function(path)
      local row = lunette.read(path):first()
      assert.are.same({ "QakBot", "win.qakbot", 443, "x" }, { row.family, row.malware, row.port, row.extra })
      assert.are.equal("2021-11-15T10:00:00Z", tostring(row.first_seen))
    end)
  end)

  it("rejects rows whose id, time or confidence isn't one, and keeps the rest", function()
    local line = '"%s", "%s", "240.0.0.1:443", "ip:port", "botnet_cc", "win.qakbot", "None", "QakBot", "", "%s", "None",'
      .. ' "a,b", "0", "grey_heron"\n'
    local content = HEADER .. line:format("2021-11-15 10:00:00", "1", "75") .. line:format("yesterday", "2", "75")
      .. line:format("2021-11-15 10:00:00", "three", "75") .. line:format("2021-11-15 10:00:00", "4", "high")
      .. line:format("2021-11-15 10:00:00", "5", "100") .. "# Number of entries: 5\n"
    feeds.with_file(content, ".csv", function(path)
      local query = lunette.read(path)
      assert.are.same({ 1, 5 }, query:column "id":values())
      assert.are.same({ 3, 4, 5 }, query:rejects():column "line":values())
    end)
  end)

  it("shortens hash types and looks for no host in a hash", function()
    local hash = ("ab12"):rep(16)
    local content = HEADER .. ('"2021-11-15 10:00:00", "1", "%s", "sha256_hash", "payload", "win.qakbot", "None", "QakBot",'
      .. ' "", "75", "None", "None", "0", "grey_heron"\n'):format(hash)
    feeds.with_file(content, ".csv", function(path)
      local row = lunette.read(path):first()
      assert.are.same({ "sha256", hash }, { row.ioc_type, row.ioc })
      assert.is_nil(row.host or row.ip or row.port)
    end)
  end)

  it("gives hosts of domains and URLs", function()
    local path = data_or_skip "threatfox/recent_2026-04-22.csv"
    for row in lunette.read(path):select("ioc", "ioc_type", "host", "ip"):rows() do
      if row.ioc_type == "domain" then assert.are.equal(row.ioc:lower(), row.host:lower()) end
      if row.ioc_type == "url" then
        local host = row.ioc:match "^%a+://([^/:?#]+)"
        assert.are.equal(host:lower(), row.host:lower())
      end
    end
  end)
end)

-- A pretty-printed JSON export as rows of text, by plain Lua: one `"key": value` a line.
local function read_json_export(path)
  local rows, row = {}, nil
  for line in io.lines(path) do
    local id = line:match '^    "(%d+)": %['
    local name, value = line:match '^            "([%w_]+)": (.-),?$'
    if id then
      row = { ioc_id = id }
      rows[#rows + 1] = row
    elseif name and value ~= "null" and value ~= '""' and value ~= '"None"' then
      row[name] = value:match '^"(.*)"$' or value
      row[name] = row[name]:gsub("\\/", "/"):gsub('\\"', '"')
    end
  end
  return rows
end

local function csv_line(row, names)
  local out = {}
  for i, name in ipairs(names) do out[i] = '"' .. (row[name] or ""):gsub('"', '""') .. '"' end
  return table.concat(out, ", ") .. "\n"
end

describe("the source threatfox on JSON", function()
  it("reads the export, and the same as from a CSV of it", function()
    local path = data_or_skip "threatfox/recent_2025-07-08.json"
    local rows = read_json_export(path)
    local names = { "first_seen_utc", "ioc_id", "ioc_value", "ioc_type", "threat_type", "malware", "malware_alias",
      "malware_printable", "last_seen_utc", "confidence_level", "reference", "tags", "anonymous", "reporter" }
    local content = { HEADER }
    for i, row in ipairs(rows) do content[i + 1] = csv_line(row, names) end
    feeds.with_file(table.concat(content), ".csv", function(csv_path)
      local from_json, from_csv = lunette.read(path):collect(), lunette.read(csv_path):collect()
      assert.are.equal(#rows, #from_json)
      assert.are.equal(0, #lunette.read(path):rejects())
      for _, column in ipairs(SCHEMA) do
        local a, b = from_json:column(column):values(), from_csv:column(column):values()
        for i = 1, #rows do
          if a[i] ~= b[i] then assert.are.equal(tostring(b[i]), tostring(a[i]), ("row %d, %s"):format(i, column)) end
        end
      end
    end)
  end)

  it("reads the answers of the API", function()
    local content = [[{"query_status": "ok", "data": [
      {"id": "41", "ioc": "240.0.0.9:8080", "threat_type": "botnet_cc", "ioc_type": "ip:port", "malware": "win.dridex",
       "malware_printable": "Dridex", "malware_alias": null, "confidence_level": 50, "first_seen": "2020-12-08 13:36:27 UTC",
       "last_seen": null, "reporter": "grey_heron", "reference": "", "tags": ["exe", "test"]},
      {"id": "42", "ioc": "example.com", "threat_type": "botnet_cc", "ioc_type": "domain", "malware": "win.dridex",
       "malware_printable": "Dridex", "malware_alias": "None", "confidence_level": 75,
       "first_seen": "2020-12-09 13:36:27 UTC", "last_seen": "2020-12-10 00:00:00 UTC", "reporter": "grey_heron",
       "reference": null, "tags": null}]}]]
    feeds.with_file(content, ".json", function(path)
      local query = lunette.read(path):collect()
      local first, second = query:first(), query:slice(2, 1):first()
      assert.are.same({ 41, 8080, "exe,test", 50, "Dridex", "threatfox" },
        { first.id, first.port, first.tags, first.confidence, first.family, first.source })
      assert.are.equal("2020-12-08T13:36:27Z", tostring(first.first_seen))
      assert.are.equal("example.com", second.host)
      assert.is_nil(second.aliases or second.tags or second.ip)
    end)
  end)

  it("reads the reference answers of the API", function()
    for _, name in ipairs { "api/threatfox_api_record.json", "api/threatfox_get_iocs_docs_example.json" } do
      local path = data_or_skip(name)
      local query = lunette.read(path)
      assert.is_true(#query > 0)
      assert.are.equal(0, #query:rejects())
      for row in query:rows() do assert(row.id and row.ioc and row.first_seen and row.family) end
    end
  end)
end)

describe("the source feodo", function()
  for _, name in ipairs {
    "feodo/ipblocklist_2021-10-02.csv", "feodo/ipblocklist_2021-12-20.csv", "feodo/ipblocklist_2024-03-26.csv",
    "feodo/ipblocklist_aggressive_2021-03-19.csv",
  } do
    it("reads every row of " .. name, function()
      local path = data_or_skip(name)
      local rows, promised = feeds.read(path, "dst_ip")
      if promised then assert.are.equal(promised, #rows) end
      local n = 0
      for row in lunette.read(path):rows() do
        n = n + 1
        local wanted = rows[n]
        assert.are.same({ wanted.dst_ip .. ":" .. wanted.dst_port, wanted.dst_ip, wanted.dst_port, wanted.malware,
          wanted.c2_status, wanted.first_seen_utc:gsub(" ", "T") .. "Z", "ip:port", "botnet_cc", "feodo" },
          { row.ioc, tostring(row.ip), tostring(row.port), row.family, row.c2_status, tostring(row.first_seen),
            row.ioc_type, row.threat_type, row.source })
        assert.are.equal(wanted.last_online, row.last_seen and row.last_seen:format "%Y-%m-%d")
      end
      assert.are.equal(#rows, n)
      assert.are.equal(0, #lunette.read(path):rejects())
    end)
  end

  it("gives the same from JSON as from CSV", function()
    local csv = '# a comment\n"first_seen_utc","dst_ip","dst_port","c2_status","last_online","malware"\n'
      .. '"2021-01-17 07:44:46","240.0.0.1","4643","online","2021-12-20","Dridex"\n'
      .. '"2021-01-17 07:45:58","240.0.0.2","443","offline","","QakBot"\n# END 2 entries'
    local json = [[[{"ip_address": "240.0.0.1", "port": 4643, "status": "online", "hostname": null, "as_number": 64496,
      "as_name": "Prairie", "country": "US", "first_seen": "2021-01-17 07:44:46", "last_online": "2021-12-20",
      "malware": "Dridex"},
      {"ip_address": "240.0.0.2", "port": 443, "status": "offline", "hostname": null, "as_number": 64497,
      "as_name": "Blue", "country": "US", "first_seen": "2021-01-17 07:45:58", "last_online": null,
      "malware": "QakBot"}]
]]
    feeds.with_file(csv, ".csv", function(csv_path)
      feeds.with_file(json, ".json", function(json_path)
        local a, b = lunette.read(csv_path):collect(), lunette.read(json_path):collect()
        for _, column in ipairs(a:schema()) do
          local x, y = a:column(column.name):values(), b:column(column.name):values()
          for i = 1, 2 do assert.are.equal(tostring(x[i]), tostring(y[i]), column.name) end
        end
        assert.are.equal(64496, b:first().asn)
      end)
    end)
  end)

  it("says so when damage left no record with an address and a port", function()
    local json = '[{"ip_address": "240.0.0.1", "prt": 4643, "last_online": "2021-12-20", "malware": "Dridex"}]'
    feeds.with_file(json, ".json", function(path)
      local ok, message = pcall(lunette.read, path)
      assert.is_false(ok)
      assert.matches("no record that can be read has an address and a port$", tostring(message))
    end)
  end)

  it("reads the reference JSON list", function()
    local path = data_or_skip "feodo/ipblocklist_2026-07.json"
    local _, n = io.open(path):read "a":gsub('"ip_address"', "")
    local query = lunette.read(path)
    assert.are.equal(n, #query)
    for row in query:rows() do assert(row.ip and row.port and row.family and row.first_seen and row.asn) end
  end)
end)

describe("damaged feeds", function()
  it("give what is sound when another tool quoted an export twice", function()
    local path = data_or_skip "mangled/requoted_shifted.csv"
    local query = lunette.read(path):collect()
    local n_rejected = #lunette.read(path):rejects()
    local _, n_lines = io.open(path):read "a":gsub("\n", "")
    assert.are.equal(n_lines - 1, #query + n_rejected)
    assert.is_true(n_rejected < n_lines / 2, ("%d rejected"):format(n_rejected)) -- lists that were cut in the middle
    local first = query:first()
    assert.are.same({ 1884066, "156.247.41.9:668", "ValleyRAT", 100, false },
      { first.id, first.ioc, first.family, first.confidence, first.is_compromised })
    for row in query:rows() do
      assert(row.ioc:find "^%d+%.%d+%.%d+%.%d+:%d+$" and row.family and row.ip, row.ioc)
    end
  end)

  it("keep a footer that became a row out of the table", function()
    local path = data_or_skip "mangled/hostfile_footer_row.csv"
    assert.are.equal(24961, #lunette.read(path))
  end)
end)

describe("the source csv", function()
  it("takes columns of the schema's names as they are", function()
    feeds.with_file("family,ip,port,first_seen\nQakBot,240.0.0.1,995,2021-11-15 10:00:00\n", ".csv", function(path)
      local types = {}
      for i, column in ipairs(lunette.read(path):schema()) do types[i] = column.type end
      assert.are.same({ "string", "ip", "int", "time" }, types)
    end)
  end)

  it("is outdone by a source that knows the feed", function()
    assert.are.equal("threatfox", lunette.read "sample":first().source)
  end)
end)
