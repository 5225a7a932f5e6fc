// The ten questions about groups, each answered into a table. As "enum" the texts of few values are ENUM columns.
import { open, ask } from "./bench-duckdb.mjs";

const connection = await open(process.argv[2], {
  x: { file: "", enums: process.argv[3] === "enum" ? ["id1", "id2", "id3"] : [] },
});
const questions = [
  ["q1", ["v1"], "select id1, sum(v1) as v1 from x group by id1"],
  ["q2", ["v1"], "select id1, id2, sum(v1) as v1 from x group by id1, id2"],
  ["q3", ["v1", "v3"], "select id3, sum(v1) as v1, mean(v3) as v3 from x group by id3"],
  ["q4", ["v1", "v2", "v3"], "select id4, mean(v1) as v1, mean(v2) as v2, mean(v3) as v3 from x group by id4"],
  ["q5", ["v1", "v2", "v3"], "select id6, sum(v1) as v1, sum(v2) as v2, sum(v3) as v3 from x group by id6"],
  ["q6", ["m", "s"], "select id4, id5, quantile_cont(v3, 0.5) as m, stddev(v3) as s from x group by id4, id5"],
  ["q7", ["r"], "select id3, max(v1) - min(v2) as r from x group by id3"],
  ["q8", ["v3"], "select id6, unnest(max(v3, 2)) as v3 from x group by id6"],
  ["q9", ["r2"], "select id2, id4, pow(corr(v1, v2), 2) as r2 from x group by id2, id4"],
  ["q10", ["v3", "n"], "select id1, id2, id3, id4, id5, id6, sum(v3) as v3, count(*) as n from x group by all"],
];
for (const [name, sums, query] of questions) await ask(connection, name, sums, query);
