// The verbs that aren't grouping or joining, each answered into a table. As "enum" the texts of few values are ENUM
// columns. The order of rows counts here.
import { open, ask } from "./bench-duckdb.mjs";

const connection = await open(process.argv[2], {
  x: { file: "", enums: process.argv[3] === "enum" ? ["id1", "id2", "id3"] : [] },
}, true);
const running = "rows between unbounded preceding and current row";
await ask(connection, "filter-count", ["n"], "select count(*) as n from x where v3 > 50 and id4 <= 50 and v2 <> 7");
await ask(connection, "sort-narrow", ["v3"], "select id4, v3 from x order by id4, v3", ["id4", "v3"]);
await ask(connection, "sort-wide", ["v1"], "select * from x order by id6, v3 desc", ["id6", "v3"]);
await ask(connection, "top-100", ["v3"], "select * from x order by v3 desc limit 100", ["v3"]);
await ask(connection, "distinct", ["id4", "id5"], "select distinct id4, id5 from x");
await ask(connection, "running-sum", ["s"], `select sum(v1) over (order by rowid ${running}) as s from x`, ["s"]);
await ask(connection, "running-sum-by-group", ["s"],
  `select s from (select rowid as r, sum(v1) over (partition by id4 order by rowid ${running}) as s from x) order by r`,
  ["s"]);
