// A feed that tries everything: markup, quotes, template strings, formulas, bidi marks, terminal escapes, long names.
const names = [
  "</script><script>document.title='owned'</script>", "<img src=x onerror=document.title='owned'>", "\"'`${document.title='owned'}",
  "{a|red} {b} {{c}}", "=cmd|' /C calc'!A0", "\u202Egnp.exe", "\u001b[31mred\u001b[0m", "A".repeat(10000), "<!--", "]]>",
  "javascript:document.title='owned'", "__proto__", "constructor", "other (9)", "\u2028line", "<b>bold</b>", "%s%n", "名前",
];
const field = (text) => '"' + text.replaceAll('"', '""') + '"';

/** The feed as CSV: 100 rows or more for each name. */
export function hostileFeed() {
  const lines = ["family,port,ip,first_seen,country,lat,lon,host"];
  names.forEach((name, k) => {
    for (let i = 0; i < 100 + k; i++) {
      lines.push([field(name), 400 + (i % 5), `198.18.${k}.${i % 4}`, `2021-0${1 + (i % 9)}-1${i % 10} 00:00:00`, field(name.slice(0, 40)),
        k, i, field(name)].join(","));
    }
  });
  return lines.join("\n") + "\n";
}
export { names };

/** A ThreatFox export with one of the texts in every field of every row, the long one too. */
export function hostileThreatfox() {
  const head = ["first_seen_utc", "ioc_id", "ioc_value", "ioc_type", "threat_type", "fk_malware", "malware_alias", "malware_printable", "last_seen_utc",
    "confidence_level", "reference", "tags", "anonymous", "reporter"];
  const lines = ["# " + head.map(field).join(",")];
  names.forEach((name, k) => {
    for (let i = 0; i < 12; i++) {
      lines.push([`2025-0${1 + (i % 9)}-11 10:00:00`, String(1000 + k * 20 + i), `203.0.113.${k}:${8000 + i}`, "ip:port", "botnet_cc", name, name, name,
        "", "75", name, name, "0", name].map(field).join(", "));
    }
  });
  return lines.join("\n") + "\n";
}
