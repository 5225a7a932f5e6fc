// A hunt's questions. As "enum" the texts of few values are ENUM columns, which isn't timed.
import { DuckDBInstance } from "@duckdb/node-api";
import { ask } from "./bench-duckdb.mjs";
import { reportPart } from "./bench-process.mjs";

const text = ["ioc_value", "ioc_type", "threat_type", "fk_malware", "malware_alias", "malware_printable", "reference",
  "tags", "reporter"];
const names = ("first_seen_utc,ioc_id,ioc_value,ioc_type,threat_type,fk_malware,malware_alias,malware_printable," +
  "last_seen_utc,confidence_level,reference,tags,anonymous,reporter").split(",");
const type = (name) => text.includes(name) ? "VARCHAR" : name.endsWith("_utc") ? "TIMESTAMP" : "BIGINT";

const instance = await DuckDBInstance.create(":memory:", { threads: process.env.BENCH_THREADS });
const connection = await instance.connect();
await connection.run("set preserve_insertion_order = false");
const start = performance.now();
await connection.run(`create table x as select * from read_csv('${process.argv[2]}', auto_detect = false, header = false,
  skip = 6, delim = ', ', quote = '"', escape = '"', nullstr = ['', 'None'],
  columns = {${names.map((name) => `'${name}': '${type(name)}'`).join(", ")}})`);
reportPart("load", start);
await connection.run(`create table iocs as select * replace (malware_printable as malware_printable),
  malware_printable as family,
  case when ioc_type = 'ip:port' then split_part(ioc_value, ':', 1) end as ip,
  case when ioc_type = 'ip:port' then split_part(ioc_value, ':', 2)::int end as port from x`);
await connection.run("drop table x");
if (process.argv[3] === "enum")
  for (const column of ["ioc_type", "threat_type", "family", "reporter"]) {
    await connection.run(`create type ${column}_values as enum (select distinct ${column} from iocs where ${column} is not null)`);
    await connection.run(`alter table iocs alter ${column} type ${column}_values`);
  }

await ask(connection, "contains", ["n"], "select count(*) as n from iocs where contains(ioc_value, 'host-7')");
await ask(connection, "match", ["n"],
  "select count(*) as n from iocs where regexp_matches(ioc_value, '[0-9a-f]{5}[13579]\\.(c2\\.)?example')");
await ask(connection, "ports", ["port", "n"],
  "select family, port, count(*) as n from iocs where port is not null group by all");
await ask(connection, "days", ["n"],
  "select family, date_trunc('day', first_seen_utc) as day, count(*) as n from iocs group by all");
await ask(connection, "overlap", ["families", "n"], `select ip, count(distinct family) as families, count(*) as n
  from iocs where ip is not null group by ip having families >= 2`);
await ask(connection, "tags", ["n"], `select tag, count(*) as n
  from (select unnest(string_split(tags, ',')) as tag from iocs where tags is not null) group by tag`);
