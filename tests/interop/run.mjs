// Arrow files between Lunette and others: what Lunette writes is read by Apache Arrow's JavaScript library and by Polars,
// what they write is read by Lunette, and the values are the same. Prints a line a check; the last line is the count.
// Usage: node run.mjs LUNETTE PACKAGES FOLDER     PACKAGES: where node_modules is; FOLDER: where the files go
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [, , lunette, packages, place] = process.argv;
const require = createRequire(join(resolve(packages), "x.js"));
const arrow = require("apache-arrow");
const polars = require("nodejs-polars");
const folder = mkdtempSync(join(resolve(place), "arrow-"));

let passed = 0, failed = 0;
function check(name, actual, expected) {
  const same = (a, b) => Object.is(a, b) || (a == null && b == null) ||
    (typeof a === "object" && typeof b === "object" && a && b && Object.keys({ ...a, ...b }).every((k) => same(a[k], b[k])));
  const ok = same(actual, expected);
  if (ok) passed++; else failed++;
  const detail = () => {
    if (!Array.isArray(actual) || !Array.isArray(expected)) return `${show(actual)} is not ${show(expected)}`;
    const row = expected.findIndex((value, i) => !same(actual[i], value));
    return `${actual.length} rows for ${expected.length}; row ${row}: ${show(actual[row])} is not ${show(expected[row])}`;
  };
  console.log(`${ok ? "ok  " : "FAIL"} ${name}${ok ? "" : ": " + detail()}`);
}
const show = (value) => JSON.stringify(value, (_, v) => (typeof v === "bigint" ? v.toString() : v));

function run(...words) {
  return execFileSync(lunette, words, { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] });
}
/** What Lunette reads in the file, as rows of JSON's values. */
function readByLunette(path) {
  return run("convert", path, "-", "--format", "ndjson", "--quiet").split("\n").filter(Boolean).map((line) => JSON.parse(line));
}
const milliseconds = (text) => (text == null ? null : Date.parse(text));

// ---- what Lunette writes ----

const script = `
local l, n, nulls = require "lunette", tonumber(arg[2]), tonumber(arg[3])
local s, i, f, b, few = {}, {}, {}, {}, {}
for k = 1, n do
  local is_null = nulls > 0 and k % nulls == 0
  local function put(list, value) list[k] = is_null and l.null or value end
  put(s, "text " .. k .. " ü")
  put(i, (k * 7919) % 100003 - 50000)
  put(f, k / 8)
  put(b, k % 3 == 0)
  put(few, "family " .. k % 5)
end
local t = l.table { s = s, i = i, f = f, b = b, few = few, k = (function() local r = {} for j = 1, n do r[j] = j end return r end)() }
if n == 0 then t = l.table { s = { "x" }, i = { 1 }, f = { 1.5 }, b = { true }, few = { "y" }, k = { 1 } }:filter "k > 1" end
t = t:derive("t = if_else(is_null(i), null, time('2021-11-15 12:30:00') + k * 60)" , "ip = if_else(is_null(i), null, ip('198.18.' .. string(k // 256 % 256) .. '.' .. string(k % 256)))")
t:write(arg[1])
t:write(arg[1] .. ".ndjson")
`;
writeFileSync(join(folder, "make.lua"), script);

/** Rows as other libraries give them, in the shape of Lunette's JSON. */
function normal(row) {
  const out = {};
  for (const [name, value] of Object.entries(row)) {
    out[name] = typeof value === "bigint" ? Number(value) : value instanceof Date ? value.getTime() : value;
  }
  return out;
}

for (const [rows, nulls] of [[0, 0], [1, 0], [1, 1], [63, 2], [64, 0], [65, 3], [200000, 7]]) {
  const path = join(folder, `ours-${rows}-${nulls}.arrow`), what = `${rows} rows${nulls ? `, every ${nulls}. null` : ""}`;
  run("--trust", join(folder, "make.lua"), path, String(rows), String(nulls));
  const expected = readFileSync(path + ".ndjson", "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
  for (const row of expected) row.t = milliseconds(row.t);
  check(`Apache Arrow reads ${what}`, arrow.tableFromIPC(readFileSync(path)).toArray().map((row) => normal(row.toJSON())), expected);
  const frame = polars.readIPC(readFileSync(path)).withColumns(polars.col("few").cast(polars.Utf8));
  check(`Polars reads ${what}`, frame.toRecords().map(normal), expected);
}

// ---- what others write ----

const times = [0, -1, 1636979400123, null, 253402300799000];
const columns = {
  i8: arrow.vectorFromArray([1, -128, 127, null, 0], new arrow.Int8()),
  i16: arrow.vectorFromArray([1, -32768, 32767, null, 0], new arrow.Int16()),
  i32: arrow.vectorFromArray([1, -2147483648, 2147483647, null, 0], new arrow.Int32()),
  i64: arrow.vectorFromArray([1n, -9007199254740991n, 9007199254740991n, null, 0n], new arrow.Int64()),
  u8: arrow.vectorFromArray([1, 255, 0, null, 7], new arrow.Uint8()),
  u16: arrow.vectorFromArray([1, 65535, 0, null, 7], new arrow.Uint16()),
  u32: arrow.vectorFromArray([1, 4294967295, 0, null, 7], new arrow.Uint32()),
  u64: arrow.vectorFromArray([1n, 9007199254740991n, 0n, null, 7n], new arrow.Uint64()),
  f32: arrow.vectorFromArray([0.5, -2.25, 1e10, null, 0], new arrow.Float32()),
  f64: arrow.vectorFromArray([0.1, -2.25, 1e300, null, 0], new arrow.Float64()),
  b: arrow.vectorFromArray([true, false, true, null, false], new arrow.Bool()),
  s: arrow.vectorFromArray(["a", "", "ü\u{1f600}", null, "longer than twelve bytes"], new arrow.Utf8()),
  ls: arrow.vectorFromArray(["a", "", "ü", null, "b"], new arrow.LargeUtf8()),
  d: arrow.vectorFromArray(["x", "y", "x", null, "x"], new arrow.Dictionary(new arrow.Utf8(), new arrow.Int16())),
  di: arrow.vectorFromArray([70, 80, 70, null, 80], new arrow.Dictionary(new arrow.Int32(), new arrow.Int8())),
  ts: arrow.vectorFromArray(times.map((t) => t == null ? null : Math.floor(t / 1000) * 1000), new arrow.TimestampSecond()),
  tms: arrow.vectorFromArray(times, new arrow.TimestampMillisecond("Europe/Berlin")),
  tus: arrow.vectorFromArray(times, new arrow.TimestampMicrosecond()),
  day: arrow.vectorFromArray(times.map((t) => t == null ? null : new Date(Math.floor(t / 86400000) * 86400000)), new arrow.DateDay()),
  dms: arrow.vectorFromArray(times.map((t) => t == null ? null : new Date(Math.floor(t / 86400000) * 86400000)), new arrow.DateMillisecond()),
  list: arrow.vectorFromArray([["a", "b"], [], null, ["c", null], ["d"]], new arrow.List(new arrow.Field("item", new arrow.Utf8(), true))),
  ints: arrow.vectorFromArray([[1, 2], [], null, [3], [4, 5, 6]], new arrow.List(new arrow.Field("item", new arrow.Int32(), true))),
  st: arrow.vectorFromArray([{ a: 1, b: "x" }, { a: null, b: "y" }, null, { a: 3, b: null }, { a: 4, b: "z" }],
    new arrow.Struct([new arrow.Field("a", new arrow.Int32(), true), new arrow.Field("b", new arrow.Utf8(), true)])),
  nothing: arrow.vectorFromArray([null, null, null, null, null], new arrow.Null()),
};
const second = (t) => (t == null ? null : Math.floor(t / 1000) * 1000);
const midnight = (t) => (t == null ? null : Math.floor(t / 86400000) * 86400000);
const lists = ["a,b", "", null, "c", "d"], intLists = ["1,2", "", null, "3", "4,5,6"];
const structs = [[1, "x"], [null, "y"], [null, null], [3, null], [4, "z"]];
const plain = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "b", "s", "ls", "d", "di"];
const expected = times.map((time, i) => {
  const row = {};
  for (const name of plain) row[name] = columns[name].get(i);
  Object.assign(row, { ts: second(time), tms: time, tus: time, day: midnight(time), dms: midnight(time), list: lists[i], ints: intLists[i],
    "st.a": structs[i][0], "st.b": structs[i][1], nothing: null });
  return normal(row);
});
function timesOf(rows, ...names) {
  for (const row of rows) for (const name of names) row[name] = milliseconds(row[name]);
  return rows;
}
const table = new arrow.Table(columns);
for (const kind of ["file", "stream"]) {
  const path = join(folder, `theirs-${kind}.arrow`);
  writeFileSync(path, arrow.tableToIPC(table, kind));
  check(`Lunette reads Apache Arrow's ${kind} of all types`, timesOf(readByLunette(path), "ts", "tms", "tus", "day", "dms"), expected);
}

// Batches with dictionaries of their own: the later ones replace the first, or add to it.
{
  const type = new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32(), 7);
  const schema = new arrow.Schema([new arrow.Field("d", type, true)]);
  const batch = (values) => {
    const data = arrow.vectorFromArray(values, type).data[0];
    return new arrow.RecordBatch(schema, arrow.makeData({ type: new arrow.Struct(schema.fields), length: values.length, children: [data] }));
  };
  const values = [["a", "b", "a"], ["c", "a", null], ["d"]];
  const path = join(folder, "dictionaries.arrows");
  const writer = new arrow.RecordBatchStreamWriter();
  for (const each of values) writer.write(batch(each));
  writer.finish();
  writeFileSync(path, await writer.toUint8Array());
  check("Lunette reads a stream whose dictionaries change", readByLunette(path).map((row) => row.d), values.flat());
}

const frame = polars.DataFrame({
  i: [1, null, 3], f: [0.5, null, -1.25], s: ["a", null, "a longer text than twelve bytes"], b: [true, null, false],
  t: [new Date(0), null, new Date(1636979400123)], l: [["a", "b"], null, []],
}).withColumns(polars.col("s").cast(polars.Categorical).alias("c"));
const wanted = [
  { i: 1, f: 0.5, s: "a", b: true, t: 0, l: "a,b", c: "a" },
  { i: null, f: null, s: null, b: null, t: null, l: null, c: null },
  { i: 3, f: -1.25, s: "a longer text than twelve bytes", b: false, t: 1636979400123, l: "", c: "a longer text than twelve bytes" },
];
for (const compression of ["uncompressed", "lz4", "zstd"]) {
  const path = join(folder, `polars-${compression}.arrow`);
  frame.writeIPC(path, { compression });
  check(`Lunette reads Polars' file, ${compression}`, timesOf(readByLunette(path), "t"), wanted);
}
{
  const path = join(folder, "polars.arrows");
  frame.writeIPCStream(path);
  check("Lunette reads Polars' stream", timesOf(readByLunette(path), "t"), wanted);
  const many = Array.from({ length: 300000 }, (_, i) => i % 1000);
  polars.DataFrame({ n: many, s: many.map((n) => `value ${n}`) }).writeIPC(join(folder, "many.arrow"), { compression: "zstd" });
  check("Lunette counts in Polars' file of many rows", run("-e", "print(t:filter(\"n == 7 and s == 'value 7'\"):length())", join(folder, "many.arrow")), "300\n");
}

rmSync(folder, { recursive: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
