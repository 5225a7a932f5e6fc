// Values in ranges: the last range that begins at or before the value, if it hasn't ended.
import { DuckDBInstance } from "@duckdb/node-api";

const instance = await DuckDBInstance.create(":memory:", { threads: process.env.BENCH_THREADS });
const connection = await instance.connect();
await connection.run("create table queries as select (i * 2654435761) & 4294967295 as v from range(1, 10000001) t(i)");
await connection.run(`create table ranges as
  select (k - 1) * 10424 + (k * 7919) % 512 as "first", (k - 1) * 10424 + (k * 7919) % 512 + 9000 as "last", k as asn
  from range(1, 412001) t(k)`);
const query = `select count(*) as n, sum(r.asn) as total from queries q asof join ranges r on q.v >= r."first" where q.v <= r."last"`;
let rows;
for (let round = 1; round <= 3; round++) {
  const started = performance.now();
  rows = (await connection.runAndReadAll(query)).getRows();
  if (round === 3) console.error(`time join ${(performance.now() - started).toFixed(1)}`);
}
console.log(`${rows[0][0]}\t${rows[0][1]}`);
