// The five questions about joins, each answered into a table. As "enum" the texts are ENUM columns, id5 of one type on
// both sides.
import { open, ask } from "./bench-duckdb.mjs";

const enums = process.argv[3] === "enum";
const connection = await open(process.argv[2], {
  x: { file: "/x.csv", enums: enums ? ["id4", "id5"] : [] },
  small: { file: "/small.csv", enums: enums ? ["id4"] : [] },
  medium: { file: "/medium.csv", enums: enums ? ["id4", "id5"] : [] },
  big: { file: "/big.csv", enums: enums ? ["id4", "id5"] : [] },
});
const questions = [
  ["j1", "select x.*, small.id4 as small_id4, v2 from x join small using (id1)"],
  ["j2", "select x.*, medium.id1 as m1, medium.id4 as m4, medium.id5 as m5, v2 from x join medium using (id2)"],
  ["j3", "select x.*, medium.id1 as m1, medium.id4 as m4, medium.id5 as m5, v2 from x left join medium using (id2)"],
  ["j4", "select x.*, medium.id1 as m1, medium.id2 as m2, medium.id4 as m4, v2 from x join medium using (id5)"],
  ["j5", "select x.*, big.id1 as b1, big.id2 as b2, big.id4 as b4, big.id5 as b5, big.id6 as b6, v2 from x join big using (id3)"],
];
for (const [name, query] of questions) await ask(connection, name, ["v1", "v2"], query);
