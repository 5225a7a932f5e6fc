// Text of the data as people read it: numbers, times, shares; and what would fool the eye made visible.

const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** Text with control characters, bidi marks and zero-width ones shown by their number, cut to `most` characters. */
function clean(text, most = 300) {
  const whole = String(text);
  const shown = whole.length > most ? whole.slice(0, most) + "…" : whole;
  return shown.replace(INVISIBLE, (c) => "⟨" + c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0") + "⟩");
}

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const oneDecimal = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const significant = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

function numberText(value) {
  if (Number.isInteger(value)) return whole.format(value);
  const size = Math.abs(value);
  if (size > 0 && size < 0.001) return value.toExponential(1).replace("e", "·10^");
  return size >= 1000 ? whole.format(value) : significant.format(value);
}

function percentText(value) {
  if (value > 0 && value < 0.001) return "< 0.1 %";
  return oneDecimal.format(value * 100) + " %";
}

/** The same in a column, where all have as many decimals. */
function percentCell(value, decimals) {
  return value > 0 && value < 0.001 ? "< 0.1 %" : fixed[decimals].format(value * 100) + " %";
}

/** Whether percentages of a column need a decimal. */
function percentDecimals(values) {
  return values.every((value) => typeof value !== "number" || Math.abs(value * 100 - Math.round(value * 100)) < 1e-9) ? 0 : 1;
}

/** Whether a column of that name holds parts of a whole. */
function isShare(name) { return /(^|_)(share|accuracy|coverage|precision|recall)($|_)/.test(name); }

/** Whether a column of whole numbers names things rather than counts them. */
function isCode(name) { return /^(port|asn|id|year)$|_(port|asn|id)$/.test(name); }

function dayText(text) { return text.endsWith("T00:00:00Z") ? text.slice(0, 10) : text.slice(0, 19).replace("T", " "); }

/** Milliseconds since 1970 as a day, with the time where it isn't midnight. */
function instantText(ms) { return dayText(new Date(ms).toISOString().slice(0, 19) + "Z"); }

/** How a measure is written: the value of a column of that name. */
function measureText(name, value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (typeof value !== "number") return clean(value);
  if (isShare(name) && Math.abs(value) <= 1) return percentText(value);
  return isCode(name) ? String(value) : numberText(value);
}

/** "1 row", "1,234 rows". */
function counted(n, one, many = one + "s") { return whole.format(n) + " " + (n === 1 ? one : many); }

const ACRONYMS = { as: "AS", ases: "ASes", asn: "ASN", c2: "C2", dns: "DNS", f1: "F1", http: "HTTP", id: "ID", ioc: "IOC", iocs: "IOCs", ip: "IP",
  ips: "IPs", ja3: "JA3", ja3s: "JA3S", md5: "MD5", sha1: "SHA-1", sha256: "SHA-256", sni: "SNI", tls: "TLS", uid: "UID", url: "URL", urls: "URLs" };

/** "share_of_all" as "share of all", "as_name" as "AS name". */
function words(name) {
  return clean(name, 60).split("_").map((word) => Object.hasOwn(ACRONYMS, word) ? ACRONYMS[word] : word).join(" ");
}

/** How many decimals the numbers of a column are written with, so that they compare: enough for three figures of a usual
 * one. None in particular where a column mixes counts with scores. */
function decimalsOf(values) {
  const sizes = values.filter((value) => typeof value === "number" && value !== 0).map(Math.abs).sort((a, b) => a - b);
  if (sizes.length === 0 || sizes.every(Number.isInteger)) return 0;
  if (sizes.at(-1) >= 100 && sizes[0] < 1 && sizes.filter((size) => size >= 100).every(Number.isInteger)) return undefined;
  return Math.max(0, Math.min(3, 2 - Math.floor(Math.log10(sizes[sizes.length >> 1]))));
}

const fixed = [0, 1, 2, 3, 4].map((n) => new Intl.NumberFormat("en", { minimumFractionDigits: n, maximumFractionDigits: n }));
function fixedText(value, decimals) {
  const least = 10 ** -decimals;
  if (value !== 0 && Math.abs(value) < least / 2) return (value < 0 ? "> -" : "< ") + fixed[decimals].format(least);
  return fixed[decimals].format(value);
}

function bytesText(n) {
  if (n < 1000) return counted(n, "byte");
  if (n < 1e6) return oneDecimal.format(n / 1e3) + " kB";
  return n < 1e9 ? oneDecimal.format(n / 1e6) + " MB" : oneDecimal.format(n / 1e9) + " GB";
}
