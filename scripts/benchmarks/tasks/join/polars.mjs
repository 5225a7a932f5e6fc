// The five questions about joins. As "categorical" the texts are categories.
import { load, ask } from "./bench-polars.mjs";

const texts = process.argv[3] === "categorical" ? ["id4", "id5", "id6"] : [];
const [x, small, medium, big] = ["x", "small", "medium", "big"].map((name) => load(`${process.argv[2]}/${name}.csv`, texts));

const join = (right, on, how = "inner") => () => x.lazy().join(right.lazy(), { on, how }).collectSync();
ask("j1", ["v1", "v2"], join(small, "id1"));
ask("j2", ["v1", "v2"], join(medium, "id2"));
ask("j3", ["v1", "v2"], join(medium, "id2", "left"));
ask("j4", ["v1", "v2"], join(medium, "id5"));
ask("j5", ["v1", "v2"], join(big, "id3"));
