-- Log sources: every row of every kind of log, counted and compared by plain Lua beside it.
local lunette = require "lunette"
local feeds = dofile "tests/spec/support/feeds.lua"
local logs = dofile "tests/spec/support/logs.lua"

local function data_or_skip(name) return feeds.data(name) or pending("no reference data: " .. name) end

local HEAD = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
local FIELDS = "#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tlocal_orig\ttags\tduration\n"
local TYPES = "#types\ttime\taddr\tport\taddr\tport\tbool\tset[string]\tinterval\n"
local ROW = "1541117137.618695\t192.0.2.1\t49159\t198.51.100.7\t443\tT\t(empty)\t0.5\n"
local UNSET = "1541117138.000001\t2001:db8::1\t-\t198.51.100.7\t443\t-\ta,b\t-\n"

-- IPv6 is written in more than one way.
local function is_address(value, text)
  if not text then return value == nil end
  return text:find(":", 1, true) and value == lunette.ip(text) or tostring(value) == text
end

-- Every row of a Zeek log against plain Lua's: times, addresses, ports, texts, truths.
local function assert_same_zeek_rows(path, wanted_rejects)
  local rows, fields = logs.zeek(path)
  local query = lunette.read(path)
  local n = 0
  for got in query:rows() do
    n = n + 1
    local expected = rows[n]
    assert(tostring(got.time) == logs.time(expected.ts), expected.ts)
    assert(is_address(got.src_ip, expected["id.orig_h"]) and is_address(got.dst_ip, expected["id.resp_h"]), n)
    assert(got.src_port == tonumber(expected["id.orig_p"]) and got.dst_port == tonumber(expected["id.resp_p"]), n)
    for _, field in ipairs(fields) do
      local value = got[field.name]
      if field.type == "bool" then
        assert(value == ({ T = true, F = false })[expected[field.name]], field.name)
      elseif field.type == "string" or field.type == "enum" then
        local text = expected[field.name]
        if text == "(empty)" then text = "" end
        if value ~= text then assert.are.equal(text, value, ("row %d, %s"):format(n, field.name)) end
      end
    end
  end
  assert.are.equal(#rows, n)
  assert.are.equal(wanted_rejects or 0, #query:rejects())
end

describe("the source zeek", function()
  for _, name in ipairs { "conn", "dns", "http", "ssl" } do
    it("reads every row and field of " .. name .. ".log", function()
      assert_same_zeek_rows(data_or_skip("zeek/trickbot_2018-11_" .. name .. ".log"))
    end)
  end

  it("gives the same rows for the same log as text and as JSON", function()
    assert_same_zeek_rows(data_or_skip "zeek/wrccdc_2018_weird.log")
    local text = lunette.read(data_or_skip "zeek/wrccdc_2018_weird.log")
    local json = lunette.read(data_or_skip "zeek/wrccdc_2018_weird.json")
    local names = { "time", "src_ip", "src_port", "dst_ip", "dst_port", "uid", "name", "addl", "notice", "peer", "source" }
    local a, b = text:select(table.unpack(names)):collect(), json:select(table.unpack(names)):collect()
    assert.are.equal(24202, #a)
    assert.are.equal(24202, #b)
    for _, name in ipairs(names) do
      local x, y = a:column(name), b:column(name)
      for i = 1, #a do
        if x[i] ~= y[i] then assert.are.equal(tostring(x[i]), tostring(y[i]), ("%s, row %d"):format(name, i)) end
      end
    end
  end)

  it("gives characters for the bytes that Zeek writes as numbers, and tells them from its own marks", function()
    local head = HEAD:gsub(",\n", "|\n", 1) .. "#fields\tts\tq\ttags\tn\n#types\ttime\tstring\tset[string]\tenum\n"
    local row = "1541117137.5\t%s\t%s\tA\\x41\n"
    local texts = head .. row:format("caf\\xc3\\xa9\\x5c", "a\\x7cb|c,d|\\xe4\\xb8\\xad") .. row:format("\\x2d", "(empty)")
      .. row:format("-", "-") .. row:format("\\x28empty)", "\\x28empty)|\\xff")
    for _, again in ipairs { "", head:gsub("\tn\n", "\tm\n") .. row:format("x", "y") } do
      feeds.with_file(texts .. again, ".log", function(path)
        local t = lunette.read(path):head(4):collect()
        assert.same({ "café\\", "-", lunette.null, "(empty)" }, t:column("q"):values())
        assert.same({ "a|b,c\\x2cd,中", "", lunette.null, "(empty),\\xff" }, t:column("tags"):values())
        assert.are.equal("A\\x41", t:column("n")[1])
      end)
    end
  end)

  it("keeps what a truncated log still has, and rejects the cut line", function()
    assert_same_zeek_rows(data_or_skip "zeek/truncated/conn.log", 1)
    local json = lunette.read(data_or_skip "zeek/truncated/conn_json.log")
    assert.are.equal(3, #json)
    assert.are.equal(1, #json:rejects())
    assert.are.equal("2024-01-08T18:35:46.055436Z", tostring(json:first().time))
  end)

  it("takes unknown types as text, and rejects lines with too few fields", function()
    local query = lunette.read(data_or_skip "zeek/has_unknown_field/http.log")
    assert.are.equal(4, #query)
    assert.are.equal("bingbong", query:first().i_dont_exist)
    assert.are.equal("29 fields where 30 are expected", query:rejects():first().reason)
  end)

  it("doesn't take a log without its head, or any text, for Zeek's", function()
    local path = data_or_skip "zeek/truncated/conn_top.log"
    assert.are.equal("c1", lunette.read(path):schema()[1].name)
    assert.has_error(function() lunette.read(path, { source = "zeek" }) end)
    assert.has_error(function() lunette.read(data_or_skip "zeek/text_file/conn.log") end)
  end)

  it("tells unset from empty, and reads truths, intervals and IPv6", function()
    feeds.with_file(HEAD .. FIELDS .. TYPES .. ROW .. UNSET .. "#close\t2025-01-01-00-00-00\n", ".log", function(path)
      local query = lunette.read(path)
      local first, second = query:first(), query:tail(1):first()
      assert.are.equal(2, #query)
      assert.are.equal(0, #query:rejects())
      assert.are.equal("2018-11-02T00:05:37.618695Z", tostring(first.ts))
      assert.are.same({ true, "", 0.5 }, { first.local_orig, first.tags, first.duration })
      assert.are.same({ "2001:db8::1", "a,b" }, { tostring(second.src_ip), second.tags })
      assert.is_nil(second.src_port)
      assert.is_nil(second.local_orig)
      assert.is_nil(second.duration)
    end)
  end)

  it("reads logs that stand one behind the other, also where their fields change", function()
    feeds.with_file(HEAD .. FIELDS .. TYPES .. ROW .. "#close\tx\n" .. HEAD .. FIELDS .. TYPES .. UNSET, ".log", function(path)
      assert.are.equal(2, #lunette.read(path))
    end)
    local function section(fields, types, ...)
      return HEAD .. "#fields\t" .. fields .. "\n#types\t" .. types .. "\n" .. table.concat({ ... }, "\n") .. "\n#close\tx\n"
    end
    local text = section("ts\tid.orig_h\ttunnel_parents", "time\taddr\tset[string]", "1.5\t198.18.0.1\t(empty)", "2.5\t198.18.0.2\ta,b")
      .. section("ts\tid.orig_h\tduration\tlocal_orig", "time\taddr\tinterval\tbool", "3.5\t198.18.0.3\t0.25\tT", "4.5\tno address\t-\tF")
      .. section("ts\tid.orig_h\ttunnel_parents", "time\taddr\tset[string]", "5.5\t198.18.0.5\t-")
    feeds.with_file(text, ".log", function(path)
      local query = lunette.read(path)
      assert.is_true(query:has("time", "time") and query:has("duration", "float") and query:has("local_orig", "bool"))
      local rows = {}
      for row in query:rows() do rows[#rows + 1] = row end
      assert.are.equal(5, #rows)
      local function each(name)
        local out = {}
        for i, row in ipairs(rows) do out[i] = row[name] == nil and "null" or tostring(row[name]) end
        return table.concat(out, " ")
      end
      assert.are.equal("198.18.0.1 198.18.0.2 198.18.0.5 198.18.0.3 null", each "src_ip")
      assert.are.equal(" a,b null null null", each "tunnel_parents")
      assert.are.equal("null null null 0.25 null", each "duration")
      assert.are.equal("null null null true false", each "local_orig")
    end)
  end)

  it("reads an empty log, and one with another separator", function()
    feeds.with_file(HEAD .. FIELDS .. TYPES .. "#close\tx\n", ".log", function(path)
      assert.are.equal(0, #lunette.read(path))
    end)
    local text = ("#separator \\x7c\n#unset_field|NA\n" .. FIELDS .. TYPES .. ROW):gsub("\t", "|"):gsub("0%.5", "NA")
    feeds.with_file(text, ".log", function(path)
      local row = lunette.read(path):first()
      assert.are.equal("198.51.100.7", tostring(row.dst_ip))
      assert.is_nil(row.duration)
    end)
  end)

  it("takes each header's own marks: for unset, empty, and between the elements of sets, which become commas", function()
    local function section(unset, empty, between, row)
      return ("#separator \\x09\n#set_separator\t%s\n#empty_field\t%s\n#unset_field\t%s\n"):format(between, empty, unset)
        .. "#fields\tts\ttags\tnote\n#types\ttime\tset[string]\tstring\n" .. row .. "\n#close\tx\n"
    end
    local one, other = section("-", "(empty)", ",", "1.5\ta,b\t(empty)"), section("NA", "none", ";", "NA\ta;b\t-;none")
    feeds.with_file(other, ".log", function(path)
      local row = lunette.read(path):first()
      assert.are.same({ "a,b", "-;none" }, { row.tags, row.note })
      assert.is_nil(row.ts)
    end)
    feeds.with_file(one .. other .. one, ".log", function(path)
      local query = lunette.read(path)
      assert.are.same({ "a,b", "a,b", "a,b" }, query:column("tags"):values())
      assert.are.same({ "", "", "-;none" }, query:column("note"):values())
      assert.are.equal(1, #query:filter "is_null(time)")
    end)
  end)

  it("makes a column text that two headers give different types, and leaves int and float numbers", function()
    local function section(kind, n_kind, row)
      return "#separator \\x09\n#unset_field\t-\n#fields\tts\tx\tn\n#types\ttime\t" .. kind .. "\t" .. n_kind .. "\n" .. row .. "\n"
    end
    feeds.with_file(section("count", "count", "1.5\t7\t1") .. section("addr", "double", "2.5\t198.18.0.1\t0.5")
      .. section("string", "int", "3.5\tword\t-"), ".log", function(path)
      local query = lunette.read(path)
      assert.is_true(query:has("x", "string") and query:has("n", "float"))
      assert.are.same({ "7", "198.18.0.1", "word" }, query:column("x"):values())
    end)
  end)

  it("reads JSON that has both forms of times", function()
    feeds.with_file('{"ts":"2020-09-13T12:26:40.5Z","id.orig_h":"192.0.2.1"}\n{"ts":1600000000.25,"id.orig_h":"192.0.2.1"}\n', ".log",
      function(path)
        local times = {}
        for row in lunette.read(path):rows() do times[#times + 1] = tostring(row.time) end
        assert.are.same({ "2020-09-13T12:26:40.5Z", "2020-09-13T12:26:40.25Z" }, times)
      end)
  end)

  it("reads JSON with times in seconds, nested or dotted ids, and without them", function()
    feeds.with_file('{"ts":1541117137.618695,"uid":"C1","id":{"orig_h":"192.0.2.1","orig_p":1,"resp_h":"198.51.100.7",'
      .. '"resp_p":443}}\n', ".log", function(path)
      local row = lunette.read(path, { source = "zeek" }):first()
      assert.are.equal("2018-11-02T00:05:37.618695Z", tostring(row.time))
      assert.are.equal("198.51.100.7", tostring(row.dst_ip))
    end)
  end)
end)

describe("the source weblog", function()
  it("reads every line of an access log, and rejects the one that is cut", function()
    local path = data_or_skip "web/apache_combined_10k.log"
    local query, n, rejected = lunette.read(path), 0, {}
    local rows = query:rows()
    for line in io.lines(path) do
      local client, user, stamp, request, status, bytes, referer, agent =
        line:match '^(%S+) %S+ (%S+) %[(.-)%] "(.-)" (%d+) (%S+) "(.-)" "(.*)"'
      if not client then
        rejected[#rejected + 1] = line
      else
        local row = rows()
        n = n + 1
        local day, month, rest = stamp:match "^(%d+)/(%a+)/(.*)$"
        local year, clock = rest:match "^(%d+):(%S+) %+0000$"
        local wanted = ("%s-%s-%sT%sZ"):format(year, ({ May = "05" })[month], day, clock)
        assert(tostring(row.time) == wanted and row.client == client and tostring(row.src_ip) == client, line)
        assert(row.method .. " " .. row.path .. " " .. row.protocol == request and row.request == request, line)
        assert(row.status == tonumber(status) and row.bytes == tonumber(bytes), line)
        assert((row.referer or "-") == referer and (row.user_agent or "-") == agent and (row.user or "-") == user, line)
      end
    end
    assert.is_nil(rows())
    assert.are.equal(9999, n)
    local reject = query:rejects():first()
    assert.are.same({ 1, "not of the expected form" }, { #query:rejects(), reject.reason })
    assert.are.equal(rejected[1], reject.text)
  end)

  it("knows a log of one line, and IPv6 addresses in brackets", function()
    feeds.with_file('[2001:db8::2] - - [17/May/2015:12:05:03 +0530] "OPTIONS * HTTP/1.0" 200 5 "-" "x"\n', ".log", function(path)
      local row = lunette.read(path):first()
      assert.are.same({ "2001:db8::2", "[2001:db8::2]", "*" }, { tostring(row.src_ip), row.client, row.path })
      assert.are.equal("2015-05-17T06:35:03Z", tostring(row.time))
    end)
  end)

  it("reads escaped quotes, users with spaces, names of hosts, and what is no HTTP", function()
    local text = '192.0.2.1 - Jane Doe [17/May/2015:12:05:03 +0200] "GET /a\\"b HTTP/1.1" 200 - "-" "a \\"quoted\\" agent"\n'
      .. 'www.example.com:443 host.example - - [17/May/2015:10:05:03 +0000] "\\x16\\x03" 400 226 "-" "-" 0.003\n'
      .. '2001:db8::7 - - [17/May/2015:10:05:03 +0000] "GET /common HTTP/1.0" 304 0\n'
      .. 'nonsense\n'
    feeds.with_file(text, ".log", function(path)
      local query = lunette.read(path)
      local rows = {}
      for row in query:rows() do rows[#rows + 1] = row end
      assert.are.same({ 3, 1 }, { #rows, #query:rejects() })
      assert.are.same({ "Jane Doe", 'GET /a"b HTTP/1.1', "GET", '/a"b', "HTTP/1.1", 'a "quoted" agent' }, { rows[1].user,
        rows[1].request, rows[1].method, rows[1].path, rows[1].protocol, rows[1].user_agent })
      assert.are.equal("2015-05-17T10:05:03Z", tostring(rows[1].time))
      assert.is_nil(rows[1].bytes)
      assert.are.same({ "host.example", "www.example.com:443", 400, "\\x16\\x03" },
        { rows[2].client, rows[2].vhost, rows[2].status, rows[2].request })
      assert(rows[2].src_ip == nil and rows[2].method == nil and rows[2].user_agent == nil)
      assert.are.same({ "2001:db8::7", "/common", 0 }, { tostring(rows[3].src_ip), rows[3].path, rows[3].bytes })
    end)
  end)
end)

describe("the source suricata", function()
  for name, n in pairs { ["nicoaller_2022_eve.json"] = 2325, ["zeus_2024-12_eve.json"] = 6814 } do
    it("reads every event of " .. name, function()
      local path = data_or_skip("suricata/" .. name)
      local events = logs.eve(path)
      local query, row_number = lunette.read(path), 0
      assert.are.equal(n, #events)
      for row in query:select("time = timestamp", "event_type", "src_ip", "src_port", "dst_ip", "dst_port", "flow_id"):rows() do
        row_number = row_number + 1
        local event = events[row_number]
        assert(tostring(row.time) == event.time, event.time)
        assert.are.equal(event.event_type, row.event_type)
        assert(row.flow_id == event.flow_id and row.src_port == event.src_port and row.dst_port == event.dst_port)
        local address = row.dst_ip and lunette.ip(event.dst_ip)
        assert(row.dst_ip == address)
      end
      assert.are.equal(n, row_number)
      assert.are.equal(0, #query:rejects())
    end)
  end

  it("has one host for HTTP, TLS and DNS, and the URL of requests", function()
    local line = '{"timestamp":"2022-02-23T19:22:24.405644+0100","flow_id":1,"event_type":"%s","src_ip":"192.0.2.1",'
      .. '"src_port":49159,"dest_ip":"198.51.100.7","dest_port":%d,"proto":"TCP","%s":%s}\n'
    local text = line:format("dns", 53, "dns", '{"rrname":"a.example"}') .. line:format("tls", 443, "tls", '{"sni":"b.example"}')
      .. line:format("http", 8080, "http", '{"hostname":"c.example","url":"/x?y","http_user_agent":"curl"}')
    feeds.with_file(text, ".json", function(path)
      local query = lunette.read(path)
      local hosts = query:column "host"
      assert.are.same({ "a.example", "b.example", "c.example" }, { hosts[1], hosts[2], hosts[3] })
      assert.are.equal("http://c.example:8080/x?y", query:tail(1):first().url)
      assert.are.equal("2022-02-23T18:22:24.405644Z", tostring(query:first().time))
    end)
  end)

  it("dates a flow by its first packet", function()
    local text = '{"timestamp":"2022-02-23T20:00:00+0000","event_type":"flow","flow_id":1,"src_ip":"192.0.2.1",'
      .. '"dest_ip":"198.51.100.7","flow":{"start":"2022-02-23T19:06:02.916226+0000"}}\n'
    feeds.with_file(text, ".json", function(path)
      assert.are.equal("2022-02-23T19:06:02.916226Z", tostring(lunette.read(path):first().time))
    end)
  end)

  it("leaves out the counters of stats records unless asked", function()
    local text = '{"timestamp":"2022-02-23T19:22:24.405644+0100","event_type":"stats","stats":{"uptime":30}}\n'
    feeds.with_file(text, ".json", function(path)
      assert.is_false(lunette.read(path):has "stats.uptime")
      assert.are.equal(30, lunette.read(path, { stats = true }):first()["stats.uptime"])
    end)
  end)
end)
