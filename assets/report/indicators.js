// Indicators are shown so that no program turns them into links and nobody clicks one by mistake: hxxp, 192.0.2.1 as
// 192.0.2[.]1. A switch shows them as they are.

const indicators = { defanged: true };

const ADDRESS = /(?<![\d.])(\d{1,3}\.\d{1,3}\.\d{1,3})\.(\d{1,3})(?![\d.]*\d)/g;
// What stands before a version of four numbers, which looks like an address: v2.0.0.1, version 2.0.0.1, Firefox/2.0.0.1.
const BEFORE_VERSION = /(?:\b[Vv]|\b(?:[Vv]ersion|[Vv]er\.?|[Rr]elease|[Bb]uild) v?|\b[A-Z][A-Za-z]*[a-z]\/)$/;
const VERSION_COLUMN = /version$/;
const SCHEME = /\b(h)tt(ps?:\/\/)/gi;
const URL_IN_TEXT = /\b(h)tt(ps?:\/\/)([\p{L}\p{N}_.@:-]*[\p{L}\p{N}])?/giu;
const ADDRESS6 = /(?<![\w:.])(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6})?::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6})?)(?![\w:])/gi;
const HOST_IN_URL = /^([a-z][a-z0-9+.-]*:\/\/)([^\/?#]+)/i;
const HOST_COLUMN = /^(ioc|host|hostname|domain|fqdn|url|indicator|registered_domain|server_name|sni|query|answers?|destination|value|name|reference|example|rrname|rdata|\w+_(host|domain|url))$/;
const HOST = /^[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*\.\p{L}[\p{L}\p{N}-]+(?=[:\/]|$)/u;
const LAST_DOT = /\.(?=[^.\s\/]+(?:[:\/]|$))/;

/** Running text with the addresses and URLs in it defanged. */
function defangText(text) {
  if (!indicators.defanged) return text;
  return text.replace(URL_IN_TEXT, (_, h, rest, host = "") => h + "xx" + rest + defangHost(host))
    .replace(ADDRESS, (address, net, last, at, all) => BEFORE_VERSION.test(all.slice(Math.max(0, at - 40), at)) ? address : `${net}[.]${last}`)
    .replace(ADDRESS6, (address) => address.length > 2 ? defangAddress(address) : address);
}

function defangAddress(text) {
  if (!indicators.defanged) return text;
  const at = text.lastIndexOf(text.includes(".") ? "." : ":");
  return at < 0 ? text : text.slice(0, at) + "[" + text[at] + "]" + text.slice(at + 1);
}

function defangHost(host) { return LAST_DOT.test(host) ? host.replace(LAST_DOT, "[.]") : host; }

/** A value of a column defanged by what the column holds. */
function defangValue(column, text) {
  if (!indicators.defanged) return text;
  if (column.type === "ip") return defangAddress(text);
  if (VERSION_COLUMN.test(column.name)) return text;
  if (!HOST_COLUMN.test(column.name)) return defangText(text);
  const url = HOST_IN_URL.exec(text);
  if (url) return (url[1] + defangHost(url[2]) + text.slice(url[0].length)).replace(SCHEME, "$1xx$2");
  const host = HOST.exec(text);
  return host ? defangHost(host[0]) + text.slice(host[0].length) : defangText(text);
}

/** A cell of a table as text, for the eye. */
function cellText(column, value) {
  if (value === null || value === undefined) return "";
  if (column.type === "time") return dayText(String(value));
  if (typeof value === "number") {
    if (column.type === "float" && isShare(column.name) && Math.abs(value) <= 1) return percentCell(value, column.percents ?? 1);
    const plain = column.type !== "float" || column.decimals === undefined;
    return plain ? measureText(column.name, value) : fixedText(value, column.decimals);
  }
  return defangValue(column, clean(value));
}

/** The same for a program: no grouping, full precision; defanged as the page is. */
function exportText(column, value) {
  if (value === null || value === undefined) return "";
  return column.type === "string" || column.type === "ip" ? defangValue(column, String(value)) : String(value);
}

/** A text of a sentence; what of it are names of hosts is known from the rows behind it. */
function sentenceText(text, most, rows) {
  let shown = defangText(clean(text, most));
  for (const host of indicators.defanged ? hostsOf(rows) : []) shown = shown.replaceAll(host, defangHost(host));
  return shown;
}

/** The names of hosts in the columns of a table that hold some, the longest first. */
function hostsOf(data) {
  const columns = (data?.columns ?? []).map((column, i) => column.type === "string" && HOST_COLUMN.test(column.name) ? i : -1).filter((i) => i >= 0);
  const hosts = new Set(columns.flatMap((i) => data.rows.map((row) => HOST.exec(String(row[i] ?? ""))?.[0]).filter(Boolean)));
  return [...hosts].sort((a, b) => b.length - a.length);
}

/** A name on an axis, in a legend or tooltip, of a column or of none in particular. */
function nameText(name, most = 60, column = undefined) {
  return column === undefined ? defangText(clean(name, most)) : defangValue({ name: column, type: "string" }, clean(name, most));
}
