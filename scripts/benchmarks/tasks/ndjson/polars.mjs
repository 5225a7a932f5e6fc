// JSON lines into a table, types from the first records.
import pl from "nodejs-polars";
import { rounds, reportPart } from "./bench-process.mjs";

let x = null;
for (let round = 0; round < rounds; round++) {
  x = null;
  if (global.gc) global.gc();
  const start = performance.now();
  x = pl.scanJson(process.argv[2]).collectSync();
  reportPart("load", start);
}
const row = x.select(pl.len().alias("n"), pl.col("id").sum(), pl.col("confidence").sum(),
  pl.col("ioc").str.lengths().cast(pl.Int64).sum()).row(0);
console.log(row.join("\t"));
