// JSON lines into a table, with names and types told.
import { DuckDBInstance } from "@duckdb/node-api";
import { rounds, reportPart } from "./bench-process.mjs";

const text = "first_seen,last_seen,ioc,ioc_type,threat_type,malware,family,aliases,reference,tags,reporter,ip,host,source".split(",");
const columns = [...text.map((name) => `${name}: 'VARCHAR'`), "id: 'BIGINT'", "confidence: 'BIGINT'", "anonymous: 'BIGINT'", "port: 'BIGINT'"];
const instance = await DuckDBInstance.create(":memory:", { threads: process.env.BENCH_THREADS });
const connection = await instance.connect();
await connection.run("set preserve_insertion_order = false");
for (let round = 0; round < rounds; round++) {
  await connection.run("drop table if exists x");
  const start = performance.now();
  await connection.run(`create table x as select * from read_json('${process.argv[2]}', format = 'newline_delimited',
    columns = {${columns.join(", ")}})`);
  reportPart("load", start);
}
const [row] = (await connection.runAndReadAll(
  "select count(*), sum(id), sum(confidence), sum(length(ioc)) from x")).getRows();
console.log(row.join("\t"));
