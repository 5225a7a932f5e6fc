-- What the fuzz targets begin with: lunette --trust tests/fuzz/seeds.lua FOLDER writes FOLDER/<target>/<name>, small sound
-- documents of each kind, from which the fuzzer makes unsound ones.
local core = require "lunette.core"
local lunette = require "lunette"

local learn = lunette.learn

local folder = arg[1]

local function write(target, name, bytes)
  assert(core.make_folder(folder .. "/" .. target))
  local file <close> = assert(io.open(("%s/%s/%s"):format(folder, target, name), "wb"))
  assert(file:write(bytes))
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function each(target, documents, prefix)
  for i, text in ipairs(documents) do write(target, ("%s%d"):format("seed", i), (prefix or "") .. text) end
end

local csv = {
  "time,port,ip\n2021-09-01 10:00:00,443,198.51.100.7\n2021-09-02,8080,2001:db8::1\n",
  '# a feed\n# "first_seen","ioc","family"\n"2021-09-01", "198.51.100.7:443", "QakBot"\n"2021-09-02", "a ""b""", ""\n',
  "x\n1,2,3\r\n4,\"5\n6\",7\n,,\nshort\n1,2,3,4\n",
  "a;b\n1,5;x\n2,5;y\n",
  "a\tb\n1\t\\N\n2\t-\n",
  "\xef\xbb\xbfname,note\nM\xc3\xbcller,'x'\nbroken,\xff\xfe\n",
}
for bits, options in ipairs { "\0", "\1", "\3", "\13", "\25", "\32", "\65", "\129" } do
  for i, text in ipairs(csv) do write("csv", ("seed%d-%d"):format(bits, i), options .. string.char(i * 7) .. text) end
end

local json = {
  '{"a":1,"b":"198.51.100.7","in":{"deep":[1,2,{"k":null}]}}\n{"a":2.5,"c":"\\u00e9\\n"}\n',
  '[{"a":1},{"a":"x","a":2},{"b":[true,false,null]}]',
  '{"query_status":"ok","data":[{"id":"1","first":"2021-09-01 10:00:00 UTC"},{"id":"2"}]}',
  '{"100":[{"ioc":"198.51.100.7:443"}],"101":[{"ioc":"x"},{"ioc":"y"}]}',
  '{"a":\n1}\n{"a":1e999}\n{"a":"half \\ud800"}\nno json\n{"a":3}\n',
}
for _, options in ipairs { 0, 1, 2, 48, 128, 134, 136 } do
  for i, text in ipairs(json) do
    write("json", ("seed%d-%d"):format(options, i), string.char(options, i * 11) .. text)
  end
end

local function sample_table(n)
  local columns = { b = {}, i = {}, f = {}, s = {}, t = {}, p = {} }
  for row = 1, n do
    if row % 5 ~= 0 then
      columns.b[row], columns.i[row], columns.f[row] = row % 2 == 0, row * 1000003, row / 7
      columns.s[row], columns.t[row] = "text " .. row % 3, lunette.time(row * 86400)
      columns.p[row] = lunette.ip("198.51.100." .. row % 256)
    end
  end
  for _, values in pairs(columns) do values.n = n end
  return lunette.table(columns)
end

for _, n in ipairs { 0, 1, 65 } do
  local rows = sample_table(n)
  local path = os.tmpname()
  rows:write(path .. ".arrow")
  write("arrow", "rows" .. n, read(path .. ".arrow"))
  os.remove(path .. ".arrow")
  os.remove(path)
  local shared <close> = core.share(rows:collect():handle())
  write("share", "rows" .. n, read(shared:path()))
end

local HEAD = 32 -- bytes of a model's file that the target makes itself
local training = { x = {}, level = {}, family = {} }
for row = 1, 60 do
  training.x[row], training.level[row] = row % 17, string.char(97 + row % 4)
  training.family[row] = row % 17 > 8 and "QakBot" or row % 4 == 1 and "Emotet" or "TrickBot"
end
for _, learner in ipairs { "tree", "forest", "extra_trees", "boosting" } do
  local path = os.tmpname()
  learn[learner] { n_trees = 3 }:fit(lunette.table(training), { target = "family", features = { "x", "level" } }):save(path)
  write("model", learner, read(path):sub(HEAD + 1))
  os.remove(path)
end

local expressions = {
  "i > 5 and not b or f / 2 <= -1.5e3", "s in ('text 1', \"x\") and p not in ('10.0.0.0/8')", "s:lower() == 'a' or null == t",
  "count() where i % 2 == 0", "sum(f) / count()", "quantile(f, 0.9)", "t >= '2021-09-01' and t - t < 3600",
  "s ~= 'it''s' and `i` ~= 0x1f", "i // 0", "9223372036854775807 + i", "s .. '\\u{e9}\\n'", "#s > 3",
}
for _, fn in ipairs(lunette.functions()) do
  local of_type = { text = "s", string = "s", time = "t", ip = "p", int = "i", float = "f", bool = "b" }
  expressions[#expressions + 1] = ("%s(%s)"):format(fn.name, (fn.signature:match "%((.-)%)" or "")
    :gsub("[%w_]+: ([%w]+)", function(kind) return of_type[kind] or "s" end))
end
each("expression", expressions)

each("source", {
  "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
    .. "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\ttags\n#types\ttime\tstring\taddr\tport\taddr\tport\tset[string]\n"
    .. "1630490400.5\tC1\t10.0.0.1\t1024\t198.51.100.7\t443\ta,b\n#close\t2021-09-01-10-00-00\n",
  '{"timestamp":"2021-09-01T10:00:00.000000+0000","event_type":"alert","src_ip":"10.0.0.1","src_port":1,'
    .. '"dest_ip":"198.51.100.7","dest_port":443,"alert":{"signature":"x"}}\n',
  '198.51.100.7 - - [01/Sep/2021:10:00:00 +0000] "GET /a HTTP/1.1" 200 12 "-" "curl"\n',
  '{"ts":1630490400.5,"id.orig_h":"10.0.0.1","id.resp_h":"198.51.100.7","id.resp_p":443}\n',
  '# feed\n# "first_seen_utc","ioc_id","ioc_value","ioc_type"\n"2021-09-01 10:00:00", "1", "198.51.100.7:443", "ip:port"\n',
  csv[1], json[1], json[2],
})
