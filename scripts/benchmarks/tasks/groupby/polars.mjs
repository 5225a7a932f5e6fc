// The ten questions about groups. As "categorical" the texts are categories.
import pl from "nodejs-polars";
import { load, ask } from "./bench-polars.mjs";

const x = load(process.argv[2], process.argv[3] === "categorical" ? ["id1", "id2", "id3"] : []);
const { col } = pl;
const sums = (...names) => names.map((name) => col(name).sum());
const means = (...names) => names.map((name) => col(name).mean());
const groups = (...by) => ({ agg: (...aggs) => () => x.lazy().groupBy(by).agg(...aggs).collectSync() });

ask("q1", ["v1"], groups("id1").agg(...sums("v1")));
ask("q2", ["v1"], groups("id1", "id2").agg(...sums("v1")));
ask("q3", ["v1", "v3"], groups("id3").agg(...sums("v1"), ...means("v3")));
ask("q4", ["v1", "v2", "v3"], groups("id4").agg(...means("v1", "v2", "v3")));
ask("q5", ["v1", "v2", "v3"], groups("id6").agg(...sums("v1", "v2", "v3")));
ask("q6", ["m", "s"], groups("id4", "id5").agg(col("v3").median().alias("m"), col("v3").std().alias("s")));
ask("q7", ["r"], groups("id3").agg(col("v1").max().minus(col("v2").min()).alias("r")));
ask("q8", ["v3"], () => x.lazy().groupBy("id6").agg(col("v3").sort({ descending: true }).head(2)).explode("v3").collectSync());
// Polars for node has no corr: it is written out.
const mean = (a, b) => col(a).mul(col(b)).mean().sub(col(a).mean().mul(col(b).mean()));
ask("q9", ["r2"], groups("id2", "id4").agg(
  mean("v1", "v2").mul(mean("v1", "v2")).div(mean("v1", "v1").mul(mean("v2", "v2"))).alias("r2")));
ask("q10", ["v3", "n"], groups("id1", "id2", "id3", "id4", "id5", "id6").agg(...sums("v3"), pl.len().alias("n")));
