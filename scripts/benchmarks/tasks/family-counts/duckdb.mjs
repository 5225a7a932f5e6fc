// Rows per family among the C2 records: the reader is told everything, so that it sniffs nothing.
import { DuckDBInstance } from "@duckdb/node-api";

const names = ("first_seen_utc,ioc_id,ioc_value,ioc_type,threat_type,fk_malware,malware_alias,malware_printable," +
  "last_seen_utc,confidence_level,reference,tags,anonymous,reporter").split(",");
const columns = names.map((name) => `'${name}': 'VARCHAR'`).join(", ");

const instance = await DuckDBInstance.create(":memory:", { threads: process.env.BENCH_THREADS });
const connection = await instance.connect();
const result = await connection.runAndReadAll(`
  select malware_printable, count(*) as n
  from read_csv('${process.argv[2]}', auto_detect = false, header = false, skip = 6, delim = ', ', quote = '"',
                escape = '"', columns = {${columns}})
  where threat_type = 'botnet_cc' group by malware_printable`);
for (const [family, n] of result.getRows()) console.log(`${family}\t${n}`);
