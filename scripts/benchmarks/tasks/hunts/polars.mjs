// A hunt's questions. Polars knows no separator of two characters, and commas stand inside the quotes; with the quote as
// the separator, field k is column 2k (from 1). As "categorical" the texts of few values are categories.
import pl from "nodejs-polars";
import { ask } from "./bench-polars.mjs";
import { reportPart } from "./bench-process.mjs";

const { col } = pl;
const names = ("first_seen_utc,ioc_id,ioc_value,ioc_type,threat_type,fk_malware,malware_alias,malware_printable," +
  "last_seen_utc,confidence_level,reference,tags,anonymous,reporter").split(",");
const none = (c) => pl.when(c.eq(pl.lit("")).or(c.eq(pl.lit("None")))).then(pl.lit(null)).otherwise(c);
const typed = (name, k) => {
  const c = col(`column_${2 * k + 2}`);
  if (name.endsWith("_utc")) return c.str.strptime(pl.Datetime("ms"), "%Y-%m-%d %H:%M:%S").alias(name);
  if (["ioc_id", "confidence_level", "anonymous"].includes(name)) return c.cast(pl.Int64).alias(name);
  return none(c).alias(name);
};

const start = performance.now();
let iocs = pl
  .scanCSV(process.argv[2], { hasHeader: false, sep: '"', quoteChar: "\u0001", skipLines: 6, inferSchemaLength: 0 })
  .select(...names.map(typed))
  .collectSync();
reportPart("load", start);
const at = pl.when(col("ioc_type").eq(pl.lit("ip:port"))).then(col("ioc_value")).otherwise(pl.lit(null));
iocs = iocs.withColumns(col("malware_printable").alias("family"), at.str.extract("^([^:]+):", 1).alias("ip"),
  at.str.extract(":([0-9]+)$", 1).cast(pl.Int64).alias("port"));
if (process.argv[3] === "categorical")
  iocs = iocs.withColumns(...["ioc_type", "threat_type", "family", "reporter"].map((c) => col(c).cast(pl.Categorical)));
const run = (frame) => () => frame(iocs.lazy()).collectSync();
const count = pl.len().alias("n");

ask("contains", ["n"], run((f) => f.filter(col("ioc_value").str.contains("host-7", true)).select(count)));
ask("match", ["n"], run((f) => f
  .filter(col("ioc_value").str.contains("[0-9a-f]{5}[13579]\\.(c2\\.)?example")).select(count)));
ask("ports", ["port", "n"], run((f) => f.filter(col("port").isNotNull()).groupBy(["family", "port"]).agg(count)));
ask("days", ["n"], run((f) => f.groupBy([col("family"), col("first_seen_utc").cast(pl.Date).alias("day")]).agg(count)));
ask("overlap", ["families", "n"], run((f) => f.filter(col("ip").isNotNull())
  .groupBy("ip").agg(col("family").nUnique().alias("families"), count).filter(col("families").gtEq(2))));
ask("tags", ["n"], run((f) => f.filter(col("tags").isNotNull())
  .select(col("tags").str.split(",").explode().alias("tag")).groupBy("tag").agg(count)));
