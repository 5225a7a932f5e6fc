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
