// Reads an Arrow file that Lunette wrote, and asks DuckDB about it.
//
//     npm install apache-arrow @duckdb/node-api
//     lunette convert threatfox.csv feed.arrow && node arrow_duckdb.mjs feed.arrow
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [, , file, packages] = process.argv; // packages: where node_modules is, unless beside this file
const require = createRequire(packages ? join(resolve(packages), "x.js") : import.meta.url);
const arrow = require("apache-arrow");
const { DuckDBInstance } = require("@duckdb/node-api");

// DuckDB's own reader of Arrow files is an extension that it downloads; here the columns go in through its appender.
const feed = arrow.tableFromIPC(readFileSync(file));
const connection = await (await DuckDBInstance.create(":memory:")).connect();
await connection.run("create table iocs (family varchar, port bigint)");
const appender = await connection.createAppender("iocs");
const family = feed.getChild("family"), port = feed.getChild("port");
for (let row = 0; row < feed.numRows; row++) {
  const name = family.get(row), number = port.get(row);
  if (name === null) appender.appendNull(); else appender.appendVarchar(name);
  if (number === null) appender.appendNull(); else appender.appendBigInt(BigInt(number));
  appender.endRow();
}
appender.closeSync();

const owners = await connection.runAndReadAll(`
  select port, family, count(*) as n from iocs where port in (449, 995)
  group by port, family qualify row_number() over (partition by port order by n desc) = 1 order by port`);
for (const [number, name, n] of owners.getRows()) console.log(`${number}\t${name}\t${n}`);
