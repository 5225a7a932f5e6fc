// Values in ranges by an asof join, which wants both sides sorted.
import pl from "nodejs-polars";

const N_VALUES = 10000000, N_RANGES = 412000;
const values = new BigInt64Array(N_VALUES);
for (let i = 1; i <= N_VALUES; i++) values[i - 1] = (BigInt(i) * 2654435761n) & 0xffffffffn;
const first = new BigInt64Array(N_RANGES), last = new BigInt64Array(N_RANGES), asn = new BigInt64Array(N_RANGES);
for (let k = 1; k <= N_RANGES; k++) {
  first[k - 1] = BigInt((k - 1) * 10424 + (k * 7919) % 512);
  last[k - 1] = first[k - 1] + 9000n;
  asn[k - 1] = BigInt(k);
}
const queries = pl.DataFrame({ v: pl.Series("v", values) });
const ranges = pl.DataFrame({ first: pl.Series("first", first), last: pl.Series("last", last), asn: pl.Series("asn", asn) });

let found;
for (let round = 1; round <= 3; round++) {
  const started = performance.now();
  found = queries
    .sort("v")
    .joinAsof(ranges, { leftOn: "v", rightOn: "first", strategy: "backward" })
    .filter(pl.col("v").ltEq(pl.col("last")))
    .select(pl.len().alias("n"), pl.col("asn").sum().alias("total"));
  if (round === 3) console.error(`time join ${(performance.now() - started).toFixed(1)}`);
}
const [n, total] = found.row(0);
console.log(`${n}\t${total}`);
