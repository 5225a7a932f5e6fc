// The verbs that aren't grouping or joining. As "categorical" the texts are categories.
import pl from "nodejs-polars";
import { load, ask } from "./bench-polars.mjs";

const x = load(process.argv[2], process.argv[3] === "categorical" ? ["id1", "id2", "id3"] : []);
const { col } = pl;
const run = (frame) => () => frame(x.lazy()).collectSync();

ask("filter-count", ["n"], run((f) => f
  .filter(col("v3").gt(50).and(col("id4").ltEq(50)).and(col("v2").neq(7))).select(pl.len().alias("n"))));
ask("sort-narrow", ["v3"], run((f) => f.select("id4", "v3").sort(["id4", "v3"])), ["id4", "v3"]);
ask("sort-wide", ["v1"], run((f) => f.sort(["id6", "v3"], [false, true])), ["id6", "v3"]);
ask("top-100", ["v3"], run((f) => f.sort("v3", true).limit(100)), ["v3"]);
ask("distinct", ["id4", "id5"], run((f) => f.select("id4", "id5").unique()));
ask("running-sum", ["s"], run((f) => f.select(col("v1").cumSum().alias("s"))), ["s"]);
ask("running-sum-by-group", ["s"], run((f) => f.select(col("v1").cumSum().over("id4").alias("s"))), ["s"]);
