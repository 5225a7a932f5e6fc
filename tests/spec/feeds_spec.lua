-- Feeds that are kept: merging, the archive's safety, its tables as inputs. All of it offline, from files.
local lunette = require "lunette"
local exports = dofile "tests/spec/support/exports.lua"
local feeds = dofile "tests/spec/support/feeds.lua"
local support = dofile "tests/spec/support/process.lua"

local root

local function run(words, options)
  local env = { LUNETTE_FEEDS = root, XDG_CONFIG_HOME = root .. "/config" }
  for name, value in pairs(options and options.env or {}) do env[name] = value end
  return support.run(words, { env = env })
end

local function merge(content, more)
  local words = { "fetch", "threatfox", "--from", support.file(content, ".csv") }
  for _, word in ipairs(more or {}) do words[#words + 1] = word end
  return run(words)
end

local function rows(name)
  local path = support.temporary ".ndjson"
  local got = run { "-e", ("t:write '%s'"):format(path), name }
  assert.equal("", got.err)
  local out, decode = {}, require("dkjson").decode
  for line in support.content(path):gmatch "[^\n]+" do out[#out + 1] = decode(line) end
  return out
end

local function status(field)
  local got = run { "fetch", "--status", "threatfox", "--format", "json" }
  return require("dkjson").decode(got.out)[1][field]
end

-- The bytes of the current generation's tables.
local function bytes_of(folder)
  local generation = support.content(folder .. "/archive.json"):match '"generation":(%d+)'
  local out = {}
  for i, what in ipairs { "current", "versions", "exports" } do
    out[i] = support.content(("%s/%s-%s.arrow"):format(folder, what, generation))
  end
  return table.concat(out)
end

local day1 = exports.csv("2026-01-01 10:00:00", exports.records(1, 5))
local day2 = exports.csv("2026-01-02 10:00:00", { { 1, "198.18.0.2:443" }, { 2, "198.18.0.3:443", "QakBot", 100 },
  { 7, "198.18.0.8:443", "Emotet" } })

describe("a kept feed", function()
  before_each(function() root = support.folder {} end)
  after_each(support.clean)

  it("is not there before the first fetch, as the status says", function()
    assert.equal("Nothing is kept yet; lunette fetch NAME begins: feodo, threatfox\n", run({ "fetch", "--status" }).out)
  end)

  it("holds what its exports listed, and when they first and last did", function()
    assert.equal(0, merge(day1).status)
    local got = merge(day2)
    assert.matches("1 new, 1 changed, 1 unchanged", got.err)
    local by_id = {}
    for _, row in ipairs(rows "threatfox") do by_id[row.id] = row end
    assert.same({ "2026-01-01T10:00:00Z", "2026-01-02T10:00:00Z", 100, 2 },
      { by_id[2].first_listed, by_id[2].last_listed, by_id[2].confidence, by_id[2].versions })
    assert.same({ "2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z", 75, 1 },
      { by_id[5].first_listed, by_id[5].last_listed, by_id[5].confidence, by_id[5].versions })
    assert.equal("Emotet", by_id[7].family)
  end)

  it("loses nothing when an export has shrunk, and says how many are no longer listed", function()
    merge(day1)
    merge(day2)
    assert.equal(6, #rows "threatfox")
    assert.equal(3, status "unlisted")
  end)

  it("tells what changed when", function()
    merge(day1)
    merge(day2)
    local changes = rows "threatfox:changes"
    assert.same({ { id = 2, ioc = "198.18.0.3:443", time = "2026-01-02T10:00:00Z", column = "confidence", before = "75",
      after = "100" } }, changes)
    assert.equal(7, #rows "threatfox:versions")
    assert.equal(2, #rows "threatfox:exports")
  end)

  it("is the same in whatever order its exports are merged, and however often", function()
    local contents = { day1, day2, exports.csv("2026-01-03 10:00:00", exports.records(2, 3, { "QakBot", 75 })),
      exports.csv("2026-01-03 09:00:00", exports.records(4, 40, { "TrickBot", 50, "a,b" })) }
    local wanted
    for _, order in ipairs { { 1, 2, 3, 4 }, { 4, 3, 2, 1 }, { 3, 1, 3, 4, 2, 1 }, { 2, 4, 1, 3 } } do
      root = support.folder {}
      for _, i in ipairs(order) do assert.equal(0, merge(contents[i]).status) end
      local bytes = bytes_of(root .. "/threatfox")
      wanted = wanted or bytes
      assert.is_true(bytes == wanted)
    end
  end)

  it("keeps the changes of a value that comes back", function()
    local function with(time, confidence) return exports.csv(time, { { 1, "198.18.0.2:443", "QakBot", confidence } }) end
    merge(with("2026-01-01 00:00:00", 50))
    merge(with("2026-01-03 00:00:00", 50))
    merge(with("2026-01-02 00:00:00", 75))
    local versions = rows "threatfox:versions"
    assert.same({ { 50, "2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z" }, { 75, "2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z" } },
      { { versions[1].confidence, versions[1].first_listed, versions[1].last_listed },
        { versions[2].confidence, versions[2].first_listed, versions[2].last_listed } })
    assert.equal(50, rows("threatfox")[1].confidence)
  end)

  it("takes formats of other columns and types", function()
    merge(day1)
    local json = support.file([[{"9": [{"ioc_value": "198.18.9.9:1", "ioc_type": "ip:port", "threat_type": "botnet_cc",
      "malware": "win.y", "malware_printable": "Y", "malware_alias": null, "first_seen_utc": "2026-01-05 00:00:00",
      "last_seen_utc": null, "confidence_level": 10, "reference": null, "tags": "z", "more": "no", "reporter": "you"}],
      "10": [{"ioc_value": "198.18.9.9:2", "ioc_type": "ip:port", "more": "yes"}]}]], ".json")
    local other = support.file([[{"11": [{"ioc_value": "198.18.9.9:3", "ioc_type": "ip:port", "threat_type": "botnet_cc",
      "malware_printable": "Y", "first_seen_utc": "2026-01-06 00:00:00", "more": 5}]}]], ".json")
    local got = run { "fetch", "threatfox", "--from", json }
    assert.matches("2 new", got.err)
    assert.matches("1 new", run({ "fetch", "threatfox", "--from", other }).err)
    local list = rows "threatfox"
    assert.same({ 0, "no", "2026-01-05T00:00:00Z", "yes", "5" }, { list[1].anonymous, list[6].more, list[6].first_listed,
      list[7].more, list[8].more })
  end)

  it("has no change to tell of the same records in another of the feed's formats", function()
    local function answer(confidence)
      return support.file(([[{"query_status": "ok", "data": [{"id": "1", "ioc": "198.18.0.2:443", "threat_type": "botnet_cc",
        "threat_type_desc": "told at length", "ioc_type": "ip:port", "ioc_type_desc": "too", "malware": "win.x",
        "malware_printable": "QakBot", "malware_alias": null, "malware_malpedia": "https://malpedia.example/win.x",
        "confidence_level": %d, "first_seen": "2026-01-01 00:00:00 UTC", "last_seen": null, "reference": null, "tags": null,
        "reporter": "me"}]}]]):format(confidence), ".json")
    end
    merge(day1)
    assert.matches("0 new, 0 changed, 1 unchanged", run({ "fetch", "threatfox", "--from", answer(75), "--at", "2026-01-02" }).err)
    assert.same({}, rows "threatfox:changes")
    assert.matches("0 new, 1 changed, 0 unchanged", run({ "fetch", "threatfox", "--from", answer(50), "--at", "2026-01-03" }).err)
    local changes = rows "threatfox:changes"
    assert.same({ 1, "confidence", "75", "50" }, { #changes, changes[1].column, changes[1].before, changes[1].after })
  end)

  it("is an input by its name, unless a file is called so", function()
    merge(day1)
    assert.matches("QakBot,5,", run({ "run", "families", "threatfox", "min_count=1", "--format", "csv" }).out)
    local got = run { "run", "families", "threatfox", "min_count=1", "--format", "json" }
    assert.matches('"sha256":"%x+"', got.out)
    assert.equal("5\n", run({ "-e", "print(#lunette.read 'threatfox')" }).out)
    local file = support.file(exports.csv("2026-01-01 10:00:00", exports.records(1, 2)), ".csv")
    local script = ("cd '%s' && mkdir here && cd here && cp '%s' threatfox && LUNETTE_FEEDS='%s' '%s' -e 'print(#t)' threatfox")
      :format(root, file, root, support.absolute())
    local pipe = io.popen(script)
    assert.equal("2\n", pipe:read "a")
    pipe:close()
  end)

  it("is named in a report with its rows and its file's digest", function()
    merge(day1)
    local input = require("dkjson").decode(run({ "run", "families", "threatfox", "min_count=1", "--format", "json" }).out).input
    assert.same({ "threatfox", 5, 0, 64 }, { input.path, input.rows, input.rejected, #input.sha256 })
  end)

  it("that isn't there yet is an error that says how to get it", function()
    assert.matches("lunette fetch feodo", run({ "run", "families", "feodo" }).err)
    assert.matches("did you mean 'feodo'", run({ "run", "families", "feodoo" }).err)
    assert.matches("did you mean 'threatfox'", run({ "fetch", "threatfx" }).err)
    assert.equal(2, run({ "fetch", "threatfx" }).status)
    assert.matches("did you mean 'recent'", run({ "fetch", "threatfox", "recnt" }).err)
    assert.matches("did you mean 'versions'", run({ "run", "families", "threatfox:version" }).err)
    assert.matches("zeek", run({ "fetch", "zeek" }).err)
  end)

  it("has a status, also while there is nothing", function()
    assert.is_nil(status "indicators")
    merge(day1)
    assert.same({ 5, 5, 0, 0, 1, "2026-01-01T10:00:00Z" }, { status "indicators", status "added", status "changed",
      status "rejected", status "exports", status "newest" })
    assert.is_string(status "age")
  end)

  it("counts records that can't be read and leaves them out", function()
    local broken = day1:gsub('"3", "198', '"three", "198')
    assert.matches("4 new.*1 that can't be read", merge(broken).err)
    assert.equal(4, #rows "threatfox")
  end)

  it("isn't changed by what is no export, or not a whole one", function()
    merge(day1)
    local before = bytes_of(root .. "/threatfox")
    local bad = { ["<html><body>Please log in</body></html>"] = "Please log in", [""] = "empty", ["a,b\n1,2\n"] = "no export",
      [day2:gsub("# Number of entries.*", "")] = "cut off", [day2:gsub("entries: 3", "entries: 4")] = "announces 4 entries, 3 were read",
      [day2:sub(1, #day2 - 60)] = "cut off", ["\0\1\2\3binary\0"] = "", [exports.csv("2026-01-02 00:00:00", {})] = "no record" }
    for content, why in pairs(bad) do
      local got = merge(content)
      assert.equal(1, got.status, content)
      assert.is_truthy(got.err:find(why, 1, true), got.err)
      assert.is_true(before == bytes_of(root .. "/threatfox"))
    end
  end)

  it("takes what there is of a broken file when it is told to", function()
    assert.matches("3 new", merge(day2:gsub("# Number of entries.*", ""), { "--partial" }).err)
  end)

  it("is merged by one process at a time, and loses nothing to the other", function()
    local files = {}
    for i = 1, 6 do
      files[i] = support.file(exports.csv(("2026-02-0%d 00:00:00"):format(i), exports.records(i * 100, 50)), ".csv")
    end
    local script = {}
    for i, file in ipairs(files) do
      script[i] = ("LUNETTE_FEEDS='%s' '%s' fetch threatfox --from '%s' --quiet & "):format(root, support.absolute(), file)
    end
    os.execute(table.concat(script) .. "wait")
    assert.equal(300, #rows "threatfox")
    assert.equal(6, status "exports")
  end)

  it("is whole whenever its writer is killed, old or new", function()
    merge(exports.csv("2026-01-01 00:00:00", exports.records(1, 500)))
    local expected, killed = 500, 0
    for i = 1, 14 do
      local file = support.file(exports.csv(("2026-02-%02d 00:00:00"):format(i % 28 + 1), exports.records(1000 * i, 500)), ".csv")
      local _, _, code = os.execute(("LUNETTE_FEEDS='%s' timeout -s KILL %.3f '%s' fetch threatfox --from '%s' --quiet > /dev/null 2>&1")
        :format(root, 0.012 * i, support.absolute(), file))
      local n = #rows "threatfox"
      assert.is_true(n == expected or n == expected + 500, ("%d rows after kill %d, not %d"):format(n, i, expected))
      if code == 0 then assert.equal(expected + 500, n) else killed = killed + 1 end
      assert.equal(0, run({ "fetch", "threatfox", "--from", file, "--quiet" }).status)
      expected = #rows "threatfox"
      assert.equal(0, expected % 500)
    end
    assert.is_true(killed > 0)
    assert.equal(15 * 500, expected)
    local pipe = io.popen(("ls -A '%s/threatfox' | wc -l"):format(root))
    assert.is_true(tonumber(pipe:read "a") <= 8)
    pipe:close()
  end)

  it("whose manifest is broken says so, and others still work", function()
    merge(day1)
    local file = assert(io.open(root .. "/threatfox/archive.json", "w"))
    file:write "not json at all"
    file:close()
    assert.matches("archive%.json", run({ "run", "families", "threatfox" }).err)
    assert.matches("broken", run({ "fetch", "--status", "--format", "csv" }).out)
    assert.equal(1, merge(day2).status)
  end)

  it("loses nothing with its manifest: the newest whole tables are taken", function()
    merge(day1)
    merge(day2)
    os.remove(root .. "/threatfox/archive.json")
    assert.equal(6, status "indicators")
    assert.equal(6, #rows "threatfox")
    assert.equal(0, merge(exports.csv("2026-01-03 10:00:00", { { 9, "198.18.0.9:443" } })).status)
    assert.equal(7, status "indicators")
    assert.equal(3, status "exports")
  end)

  it("whose newest tables are damaged goes back to those before when it is told to, and to nothing by itself", function()
    merge(day1)
    merge(day2)
    local versions, manifest = root .. "/threatfox/versions-2.arrow", root .. "/threatfox/archive.json"
    local whole = support.content(versions)
    local file = assert(io.open(versions, "w"))
    file:write(whole:sub(1, #whole // 2))
    file:close()
    local third = exports.csv("2026-01-03 10:00:00", { { 9, "198.18.0.9:443" } })
    local got = merge(third)
    assert.equal(1, got.status)
    assert.matches("to go back to the state before, delete .*archive%.json and .*versions%-2%.arrow", got.err)
    os.remove(manifest)
    os.remove(versions)
    assert.equal(5, #rows "threatfox")
    assert.equal(0, merge(day2).status)
    assert.equal(0, merge(third).status)
    os.remove(manifest)
    for _, name in ipairs { "/threatfox/versions-2.arrow", "/threatfox/versions-3.arrow" } do os.remove(root .. name) end
    got = merge(third)
    assert.equal(1, got.status)
    assert.matches("manifest is missing, and its tables .* are damaged", got.err)
  end)

  it("has a status whatever its manifest says", function()
    merge(day1)
    local file = assert(io.open(root .. "/threatfox/archive.json", "w"))
    file:write '{"format":1,"generation":1,"newest":"garbage","indicators":"many","added":[1]}'
    file:close()
    local got = run { "fetch", "--status", "--format", "csv" }
    assert.equal(0, got.status, got.err)
    assert.matches("\nthreatfox,", got.out)
  end)

  it("keeps exports of real days the same in any order", function()
    local paths = {}
    for day = 20, 26 do paths[#paths + 1] = feeds.data(("threatfox/recent_2026-04-%d.csv"):format(day)) end
    if #paths < 7 then return pending "the shared reference data isn't here" end
    local ids, wanted = {}, nil
    for _, path in ipairs(paths) do
      for _, row in ipairs(feeds.threatfox(path)) do ids[row.ioc_id] = true end
    end
    local n = 0
    for _ in pairs(ids) do n = n + 1 end
    for _, order in ipairs { { 1, 2, 3, 4, 5, 6, 7 }, { 7, 3, 1, 5, 2, 6, 4 } } do
      root = support.folder {}
      for _, i in ipairs(order) do
        assert.equal(0, run({ "fetch", "threatfox", "recent", "--from", paths[i] }).status)
      end
      assert.equal(n, #rows "threatfox")
      wanted = wanted or bytes_of(root .. "/threatfox")
      assert.is_true(wanted == bytes_of(root .. "/threatfox"))
    end
  end)

  it("takes FeodoTracker's lists, too", function()
    local first, second = feeds.data "feodo/ipblocklist_2021-10-02.csv", feeds.data "feodo/ipblocklist_2021-12-20.csv"
    local json = feeds.data "feodo/ipblocklist_2026-07.json"
    if not first then return pending "the shared reference data isn't here" end
    for _, path in ipairs { second, first, json } do
      assert.equal(0, run({ "fetch", "feodo", "--from", path }).status)
    end
    assert.is_true(#rows "feodo" >= 750)
  end)
end)

describe("a plugin's fetch", function()
  local problem = require("lunette.manifest_fetch").problem

  it("is checked, and problems are named", function()
    local good = { default = "all", parts = { all = { url = "https://x.example/", doc = "All." } } }
    assert.is_nil(problem(good))
    assert.matches("parts = ", problem { default = "all" })
    assert.matches("default", problem { default = "al", parts = good.parts })
    assert.matches("did you mean 'parts'", problem { default = "all", part = good.parts })
    assert.matches("https://", problem { default = "all", parts = { all = { url = "file:///etc/passwd", doc = "No." } } })
    assert.matches("doc", problem { default = "all", parts = { all = { url = "https://x.example/" } } })
    assert.matches("Lua pattern", problem { default = "all", parts = good.parts, stamp = "(" })
    assert.is_string(lunette.version)
  end)
end)
