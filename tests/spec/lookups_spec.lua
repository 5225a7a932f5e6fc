-- Enrichments from files: lists of harmless things, other feeds, passive DNS, AS ranges.
local lunette = require "lunette"
local feeds = dofile "tests/spec/support/feeds.lua"
local support = dofile "tests/spec/support/process.lua"

local folder

local function write(name, text)
  local path = folder .. "/" .. name
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  return path
end

setup(function()
  local pipe = assert(io.popen "mktemp -d")
  folder = pipe:read "l"
  pipe:close()
end)
teardown(function() os.execute(("rm -r '%s'"):format(folder)) end)

local function message(fn, ...)
  local ok, e = pcall(fn, ...)
  assert.is_false(ok)
  return tostring(e)
end

local function values(query, name)
  local out = {}
  for row in query:rows() do out[#out + 1] = row[name] == nil and "-" or tostring(row[name]) end
  return out
end

local null = lunette.null
local iocs = lunette.table {
  { name = "ip", type = "ip", values = { "192.0.2.1", "198.51.100.7", "2001:db8::5", null, null } },
  { name = "host", values = { "192.0.2.1", "198.51.100.7", "2001:db8::5", "WWW.Example.com", null } },
  { name = "ioc", values = { "192.0.2.1:443", "198.51.100.7:80", "[2001:db8::5]:8080", "http://WWW.Example.com/x", "44d8" } },
}

describe("warninglist", function()
  local dns, plain, texts
  setup(function()
    dns = write("dns.json", '{"name": "Resolvers", "type": "cidr", "version": 1, "list": ["192.0.2.0/24", "2001:db8::/32"]}')
    plain = write("our-own.txt", "# ours\n192.0.2.1   # the desk\nexample.com; web\n\n198.51.100.0/25\n44d8\n300.1.1.1/8\n")
    texts = write("odd.json", '[{"name": "Ports", "type": "substring", "list": [":80/", ":8080"]},'
      .. '{"name": "Hashes", "type": "regex", "list": ["/^[0-9A-F]{4}$/i", "nothing"]},'
      .. '{"name": "Names", "type": "hostname", "list": [".example.COM"]}]')
  end)

  it("names the lists that an indicator is on, in the lists' order, and keeps every row", function()
    local flagged = iocs:enrich("warninglist", { lists = { dns, plain } })
    assert.same({ "Resolvers, our-own", "our-own", "Resolvers", "our-own", "our-own" }, values(flagged, "warninglist"))
    assert.same(values(iocs, "ioc"), values(flagged, "ioc"))
    assert.same({ "our-own, Resolvers" }, values(iocs:enrich("warninglist", { lists = { plain, dns } }):head(1), "warninglist"))
  end)

  it("knows substrings, regular expressions and names, several lists in a file", function()
    assert.same({ "-", "-", "Ports", "Names", "Hashes" }, values(iocs:enrich("warninglist", { lists = texts }), "warninglist"))
  end)

  it("looks for parts of the host where there is no indicator", function()
    local lists = support.file([[{"name": "tunnels", "type": "regex", "list": ["^.*\\.tunnel\\.example$", "/\\.TEST$/i"]}]], ".json")
    local q = lunette.table({ { name = "host", type = "string", values = { "a.tunnel.example", "b.test", "c.example" } } })
      :enrich("warninglist", { lists = lists })
    assert.same({ "tunnels", "tunnels", lunette.null }, q:column("warninglist"):values())
  end)

  it("refuses a list that nothing can be compared with, and names it", function()
    local broken = write("broken.json", '{"name": "Broken", "type": "regex", "list": ["fine", "(open"]}')
    assert.matches("broken%.json: the list 'Broken' has a pattern that can't be read: %(open %(missing closing",
      message(iocs.enrich, iocs, "warninglist", { lists = { dns, broken } }))
    local other = write("other.json", '{"name": "Other", "type": "colour", "list": ["red"]}')
    assert.matches("the list 'Other' is of the type 'colour'", message(iocs.enrich, iocs, "warninglist", { lists = other }))
  end)

  it("looks at the columns that there are, and keeps one of its own name", function()
    local q = iocs:select("ip", "warninglist = 'mine'"):enrich("warninglist", { lists = dns })
    assert.same({ "Resolvers", "-", "Resolvers", "-", "-" }, values(q, "warninglist"))
    assert.same("mine", q:first().warninglist_given)
    local none = iocs:select "n = 1"
    assert.matches("none of the columns ip, host and ioc", message(none.enrich, none, "warninglist", { lists = dns }))
  end)

  it("is applied by the command line, with its files", function()
    local run = support.run { "run", "families", "sample", "--enrich", "warninglist", "warninglist.lists=" .. dns .. "," .. plain,
      "--format", "csv" }
    assert.equal(0, run.status, run.err)
    assert.matches("is not a file", message(iocs.enrich, iocs, "warninglist", { lists = folder .. "/missing.json" }))
    run = support.run { "run", "families", "sample", "warninglist.lists=" .. dns }
    assert.equal(2, run.status)
    assert.matches("isn't applied: add %-%-enrich warninglist", run.err)
    run = support.run { "run", "families", "sample", "--enrich", "warninglist", "warninglist.list=" .. dns }
    assert.equal(2, run.status)
    assert.matches("did you mean 'lists'", run.err)
    local feed = write("to-flag.csv", "ip,n\n192.0.2.1,1\n198.51.100.200,2\n")
    run = support.run { "convert", feed, "-", "--format", "csv", "--enrich", "warninglist", "warninglist.lists=" .. dns,
      "--columns", "n,warninglist" }
    assert.equal("n,warninglist\n1,Resolvers\n2,\n", run.out, run.err)
    local other = write("other.json", '{"a": 1}')
    assert.matches("no MISP warninglist", message(iocs.enrich, iocs, "warninglist", { lists = other }))
  end)
end)

describe("feed", function()
  it("says who else lists an indicator, since when, and how it matches", function()
    local function time(text) return lunette.time(text) end
    local a = lunette.table {
      { name = "ioc", values = { "192.0.2.1:443", "198.51.100.7:9999" } },
      { name = "ip", type = "ip", values = { "192.0.2.1", "198.51.100.7" } },
      { name = "first_seen", values = { time "2021-03-01", time "2021-02-01" } },
      { name = "source", values = { "threatfox", "threatfox" } },
    }
    local b = lunette.table {
      { name = "ioc", values = { "192.0.2.1:443", "192.0.2.1:443", "www.example.com" } },
      { name = "host", values = { "192.0.2.1", "192.0.2.1", "www.example.com" } },
      { name = "first_seen", values = { time "2021-01-05", time "2021-01-04", null } },
    }
    local c = lunette.table {
      { name = "ioc", values = { "[2001:db8::5]:9" } }, { name = "host", values = { "2001:db8::5" } },
      { name = "ip", type = "ip", values = { "2001:db8::5" } },
    }
    local q = iocs:enrich("feed", { feeds = { a, b, c } })
    assert.same({ "feed 2, threatfox", "threatfox", "feed 3", "feed 2", "-" }, values(q, "listed_by"))
    assert.same({ "ioc", "address", "address", "host", "-" }, values(q, "listed_match"))
    assert.equal("2021-01-04", q:first().listed_since:format "%Y-%m-%d")
  end)

  it("reads real feeds by their sources", function()
    local path = feeds.data "feodo/ipblocklist_2021-12-20.csv"
    if not path then return pending "no reference data" end
    local rows = lunette.read(path):enrich("feed", { feeds = path }):group_by("listed_by", "listed_match"):agg "n = count()"
    assert.same({ "feodo" }, values(rows, "listed_by"))
    assert.same({ "ioc" }, values(rows, "listed_match"))
  end)
end)

describe("pdns", function()
  it("gives the names seen on an address, with times, and flags services", function()
    local records = write("pdns.jsonl", table.concat({
      '{"rrname":"a.example.net.","rrtype":"A","rdata":"192.0.2.1","time_first":1609459200,"time_last":1612137600,"count":5}',
      '{"rrname":"b.example.net","rrtype":"A","rdata":"192.0.2.1","time_first":1577836800,"time_last":1609459200,"count":9}',
      '{"rrname":"x.ngrok.io","rrtype":"A","rdata":["198.51.100.7","198.51.100.8"],"time_first":1609459200,"time_last":1609459200}',
      '{"rrname":"v6.example.net","rrtype":"AAAA","rdata":"2001:db8::5","time_first":1609459200,"time_last":1609459201,"count":1}',
      '{"rrname":"example.net","rrtype":"NS","rdata":"ns.example.net","time_first":1609459200,"time_last":1609459201,"count":1}',
    }, "\n") .. "\n")
    local own = write("services.txt", "example.com  free hosting\nexample.net\n")
    local q = iocs:enrich("pdns", { records = records, names = 1 }):collect()
    assert.same({ "b.example.net", "x.ngrok.io", "v6.example.net", "-", "-" }, values(q, "pdns_names"))
    assert.same({ "2", "1", "1", "-", "-" }, values(q, "pdns_count"))
    assert.same({ "-", "tunnel: ngrok.io", "-", "-", "-" }, values(q, "pdns_service"))
    assert.equal("2020-01-01", q:first().pdns_first:format "%Y-%m-%d")
    assert.equal("2021-02-01", q:first().pdns_last:format "%Y-%m-%d")
    assert.same({ "listed: example.net", "tunnel: ngrok.io", "listed: example.net", "free hosting: example.com", "-" },
      values(iocs:enrich("pdns", { records = records, services = own }), "pdns_service"))
    assert.matches("no column 'rrname'", message(iocs.enrich, iocs, "pdns", { records = write("no.jsonl", '{"a": 1}\n{"a": 2}\n') }))
  end)

  it("isn't led astray by odd records", function()
    local records = write("odd.jsonl", table.concat({
      '{"rrname":"a.example.net","rrtype":"A","rdata":"192.0.2.1","time_first":1577836800,"time_last":1609459200,"count":5}',
      '{"rrname":"b.example.net","rrtype":"A","rdata":"192.0.2.1","time_first":"1577836801","time_last":"2021-01-02","count":"9"}',
      '{"rrname":"zone.example","rrtype":"A","rdata":"198.51.100.7","zone_time_first":1577836800,"zone_time_last":1609459200}',
      '{"rrname":null,"rrtype":"A","rdata":"192.0.2.1"}', '{"rrname":"","rrtype":"A","rdata":"192.0.2.1"}',
      '{"rrname":"bad.example","rrtype":"A","rdata":"999.0.2.1","count":-1}', "no record", "",
    }, "\n"))
    local q = iocs:enrich("pdns", { records = records }):collect()
    assert.same({ "b.example.net, a.example.net", "zone.example", "-", "-", "-" }, values(q, "pdns_names"))
    assert.same({ "2", "1", "-", "-", "-" }, values(q, "pdns_count"))
    assert.equal("2020-01-01", q:first().pdns_first:format "%Y-%m-%d")
    assert.equal("2021-01-02", q:first().pdns_last:format "%Y-%m-%d")
    assert.equal(2, #q:filter "not_null(pdns_first)")
    local line = '{"rrname":"a.example","rrtype":"A","rdata":"192.0.2.1","time_first":1,"time_last":1,"count":9223372036854775807}\n'
    q = iocs:enrich("pdns", { records = write("large.jsonl", line:rep(3)) })
    assert.equal("a.example", q:first().pdns_names)
  end)

  it("agrees with a search through the records", function()
    local path = feeds.data "pdns/pdns_cof.jsonl"
    if not path then return pending "no reference data" end
    local address, wanted, n = "87.106.13.62", {}, 0
    for line in io.lines(path) do
      if line:find('"rdata":"' .. address .. '"', 1, true) then
        local name = line:match '"rrname":"([^"]*)"'
        if not wanted[name] then n = n + 1 end
        wanted[name] = true
      end
    end
    local row = lunette.table { { name = "ip", type = "ip", values = { address } } }:enrich("pdns", { records = path }):first()
    assert.equal(n, row.pdns_count)
    assert.is_true(n > 0 and wanted[row.pdns_names:match "^[^,]*"])
  end)
end)

describe("asn from range files", function()
  local hosts = iocs:select "ip"

  it("takes ranges with and without a line of names, and networks", function()
    local plain = write("asn-ipv4.csv", '192.0.2.0,192.0.2.255,64500,"Example, Inc."\n198.51.100.0,198.51.100.255,64501,Other\n')
    local six = write("asn-ipv6.csv", "2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,64502,Six\n")
    local q = hosts:enrich("asn", { database = plain .. "," .. six })
    assert.same({ "64500", "64501", "64502", "-", "-" }, values(q, "asn"))
    assert.same({ "Example, Inc.", "Other", "Six", "-", "-" }, values(q, "as_name"))
    local blocks = write("blocks.csv", "network,autonomous_system_number,autonomous_system_organization\n"
      .. "192.0.2.0/24,64500,Outer\n192.0.2.0/30,64503,Inner\n")
    assert.same({ "Inner", "-", "-", "-", "-" }, values(hosts:enrich("asn", { database = blocks }), "as_name"))
    local named = write("named.tsv", "range_start\trange_end\tAS_number\tcountry_code\tAS_description\n"
      .. "192.0.2.0\t192.0.2.255\t64500\tUS\tNAMED\n198.51.100.0\t198.51.100.255\t0\tNone\tNot routed\n")
    assert.same({ "NAMED", "-", "-", "-", "-" }, values(hosts:enrich("asn", { database = named }), "as_name"))
  end)

  it("leaves odd rows out, and says how many", function()
    local odd = write("odd.csv", '192.0.2.0,192.0.2.255,64500,Plain\n192.0.2.9,192.0.2.1,1,Backwards\n192.0.2,x,2,Broken\n'
      .. "0.0.0.0,2001:db8::,3,Both kinds\n198.51.100.0,198.51.100.255,AS64501,Prefixed\n,,,\n")
    assert.same({ "64500", "64501", "-", "-", "-" }, values(hosts:enrich("asn", { database = odd }), "asn"))
    local blocks = write("odd-blocks.csv", "network,asn,name\n192.0.2.0/24,64500,Net\n192.0.2.1/33,1,Long\nfoo,2,Text\n"
      .. "198.51.100.7,64501,Host\n")
    assert.same({ "64500", "64501", "-", "-", "-" }, values(hosts:enrich("asn", { database = blocks }), "asn"))
    local feed = write("feed.csv", "family,ip\nQakBot,192.0.2.1\n")
    local run = support.run { "run", "asn", feed, "--asn-db", odd }
    assert.matches("odd%.csv: 4 rows are left out", run.err)
  end)

  it("names what a file lacks", function()
    local countries = write("countries.csv", "192.0.2.0,192.0.2.255,US,United States\n")
    assert.matches("these are no AS ranges", message(hosts.enrich, hosts, "asn", { database = countries }))
    local wrong = write("wrong.csv", "a,b,c\n1,2,3\n")
    assert.matches("these are no AS ranges: .* the columns are a %(int%)", message(hosts.enrich, hosts, "asn", { database = wrong }))
    assert.matches("positions come from a database", message(hosts.enrich, hosts, "geoip", { database = wrong }))
  end)

  it("are found in the usual folder and named in the report", function()
    os.execute(("mkdir -p '%s/home/.local/share/lunette/mmdb'"):format(folder))
    write("home/.local/share/lunette/mmdb/asn-ipv4.csv", "0.0.0.0,255.255.255.255,64500,Everything\n")
    local feed = write("feed.csv", "family,ip\nQakBot,192.0.2.1\nQakBot,198.51.100.7\n")
    local run = support.run({ "run", "asn", feed, "min_count=1", "--format", "json" },
      { env = { HOME = folder .. "/home", XDG_DATA_HOME = "" } })
    assert.equal(0, run.status, run.err)
    assert.matches('%["QakBot",64500,"Everything",2,1%.0%]', run.out)
    assert.matches('"databases":%[{"path":"[^"]*asn%-ipv4%.csv","type":"AS ranges"', run.out)
    run = support.run({ "run", "asn", feed, "min_count=1" }, { env = { HOME = folder .. "/home", XDG_DATA_HOME = "" } })
    assert.matches("with asn%-ipv4%.csv: AS ranges", run.out .. run.err)
  end)
end)
