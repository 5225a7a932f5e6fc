// How a task's DuckDB program loads its tables and asks its questions: every answer is made a table.
import { DuckDBInstance } from "@duckdb/node-api";
import { rounds, resetPeak, reportPart, reportPeak, printAnswer } from "./bench-process.mjs";

/**
 * Loads tables {name: {file: suffix of the path, enums: columns}}. A column is of one ENUM type in all tables. The rows
 * keep the file's order, and answers theirs, only if `ordered`.
 */
export async function open(path, tables, ordered = false) {
  const instance = await DuckDBInstance.create(":memory:", { threads: process.env.BENCH_THREADS });
  const connection = await instance.connect();
  await connection.run(`set preserve_insertion_order = ${ordered}`);
  const start = performance.now();
  for (const [name, { file }] of Object.entries(tables))
    await connection.run(`create table ${name} as select * from read_csv('${path}${file}')`);
  reportPart("load", start);
  for (const column of new Set(Object.values(tables).flatMap(({ enums }) => enums))) {
    const having = Object.keys(tables).filter((name) => tables[name].enums.includes(column));
    const values = having.map((name) => `select distinct ${column} from ${name}`).join(" union ");
    await connection.run(`create type ${column}_values as enum (${values})`);
    for (const name of having) await connection.run(`alter table ${name} alter ${column} type ${column}_values`);
  }
  return connection;
}

/**
 * Asks a question several times; prints its rows, the sums of the columns `sums`, and what the columns `places` hold in
 * the first, the middle and the last row.
 */
export async function ask(connection, name, sums, query, places = []) {
  for (let round = 0; round < rounds; round++) {
    await connection.run("drop table if exists answer");
    resetPeak();
    const start = performance.now();
    await connection.run(`create table answer as ${query}`);
    reportPart(name, start);
    reportPeak(name);
  }
  const wanted = sums.map((column) => `sum(${column})::double`).join(", ");
  const [[rows, ...found]] = (await connection.runAndReadAll(`select count(*), ${wanted} from answer`)).getRows();
  for (const at of places.length > 0 ? [0, Math.floor(Number(rows) / 2), Number(rows) - 1] : []) {
    const columns = places.map((column) => `${column}::double`).join(", ");
    found.push(...(await connection.runAndReadAll(`select ${columns} from answer limit 1 offset ${at}`)).getRows()[0]);
  }
  printAnswer(name, rows, found);
  await connection.run("drop table answer");
}
