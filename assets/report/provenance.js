// Where the page's numbers come from: versions, command, inputs, databases.

function factRow(term, ...values) {
  return [el("dt", {}, term), ...values.flat().filter(Boolean).map((value) => el("dd", {}, value))];
}

function inputText(file) {
  const parts = [clean(file.path, 200)];
  if (file.source) parts.push("read as " + clean(file.source));
  if (file.bytes !== undefined) parts.push(bytesText(file.bytes));
  if (file.rows !== undefined) parts.push(`${counted(file.rows, "row")} read, ${whole.format(file.rejected)} rejected`);
  return el("span", {}, parts.join(", "), " ", file.sha256 ? el("code", { class: "digest" }, "SHA-256 " + file.sha256) : null);
}

function databaseText(db) {
  const unknown = db.unsupported > 0 ? `; ${counted(db.unsupported, "IPv6 address", "IPv6 addresses")} it can't know` : "";
  const built = db.build_time ? `, built ${String(db.build_time).slice(0, 10)}` : ""; // range files don't say it
  return `${clean(db.path.split("/").pop())}${built}: ${clean(db.description || db.type)}${
    db.attribution ? "; " + db.attribution : ""}${unknown}`;
}

function parametersText(report) {
  const params = report.params.map(([name, value]) => `${name}=${clean(value ?? "")}`).join(" ");
  return `${report.plugin} ${report.version}${params ? ": " + params : ""}`;
}

/** The last section of the page. */
function provenance(data) {
  const { input } = data;
  const libraries = Object.entries(data.libraries).map(([name, version]) => `${name} ${version}`);
  const list = el("dl", { class: "facts" },
    factRow("Made by", "Lunette " + data.lunette + (libraries.length ? ", with " + libraries.map((name) => name
      .replace("echarts", "Apache ECharts (Apache-2.0)").replace("world", "outlines of Natural Earth (public domain), world-atlas")).join(" and ") : "")),
    data.tlp ? factRow("Label", "TLP:" + data.tlp) : [],
    factRow("Time of the run", dayText(String(data.time)) + " UTC"),
    data.command ? factRow("Command", el("code", {}, clean(data.command, 1000))) : [],
    factRow("Inputs", input.files.length ? input.files.map(inputText) : "a query"),
    input.rows !== undefined ? factRow("Rows", `${whole.format(input.rows)} read, ${whole.format(input.rejected)} rejected`) : [],
    data.span ? factRow("Time span", `${dayText(String(data.span.first))} to ${dayText(String(data.span.last))} (${words(data.span.column)})`) : [],
    factRow("Address databases", data.databases.length ? data.databases.map(databaseText) : "none was asked"),
    data.sources.length ? factRow("Read by", data.sources.map((text) => clean(text))) : [],
    data.enrichments.length ? factRow("Enriched by", data.enrichments.map((text) => clean(text))) : [],
    factRow("Analyses", data.reports.map(parametersText)),
    data.left_out.length ? factRow("Left out", data.left_out.map((one) => `${clean(one.plugin)}: ${nameText(one.reason, 400)}`)) : []);
  return section("provenance", "Where this comes from", [list]);
}
