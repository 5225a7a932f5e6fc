// The parts of the page in the order in which they are read: head, contents, what is common to all analyses, a section for
// each.

/** A section that folds, its heading the handle. */
function section(id, title, children, lead) {
  return el("section", { id, "aria-labelledby": id + "-title", tabindex: "-1" }, el("details", { open: true, class: "section" },
    el("summary", {}, el("h2", { id: id + "-title" }, clean(title, 200))), el("div", { class: "inside" }, lead ? el("p", { class: "lead" }, clean(lead, 300)) : null, children)));
}

function reportTitle(report) { return report.heading ?? report.plugin[0].toUpperCase() + report.plugin.slice(1); }

function metricKey(metric) { return [metric.name, metric.title, metric.value, metric.note].join("\0"); }

/** What several analyses say in the same words is said once, before them. */
function commonOf(reports) {
  const count = (lists) => {
    const seen = new Map();
    for (const list of lists) for (const key of new Set(list)) seen.set(key, (seen.get(key) ?? 0) + 1);
    return new Set([...seen].filter(([, n]) => n > 1).map(([key]) => key));
  };
  return { metrics: count(reports.map((report) => report.metrics.map(metricKey))), texts: count(reports.map((report) => report.texts)) };
}

function metricItem(metric) {
  const value = metric.type === "time" ? dayText(String(metric.value)) : measureText(metric.title, metric.value);
  const shown = () => metric.type === "string" || metric.type === "ip" ? defangValue({ name: metric.name, type: metric.type }, value) : value;
  return el("div", { class: "metric" }, el("dt", {}, clean(metric.title, 100)), el("dd", {}, livingText(el("bdi"), shown), metric.unit ? " " + metric.unit : "",
    metric.note ? livingText(el("small"), () => nameText(metric.note, 300)) : null));
}

function metricList(metrics) { return metrics.length > 0 ? el("dl", { class: "metrics" }, metrics.map(metricItem)) : null; }

/** What holds for several sections: how many, what is left out of all of them. */
function overview(data, common) {
  const metrics = new Map(), texts = new Set();
  for (const report of data.reports) {
    for (const metric of report.metrics) if (common.metrics.has(metricKey(metric))) metrics.set(metricKey(metric), metric);
    for (const text of report.texts) if (common.texts.has(text)) texts.add(text);
  }
  if (metrics.size === 0 && texts.size === 0) return null;
  return el("div", { class: "overview", role: "group", "aria-label": "What is counted" }, metricList([...metrics.values()]), [...texts].flatMap((text) => markdown(text)));
}

function tableNote(report, table) {
  const more = table.data.total > table.data.rows.length && !table.data.is_drawn && !table.is_added
    ? `all rows: lunette run ${report.plugin} … --format csv --table ${table.name}` : null;
  const drawn = table.data.is_drawn ? "as drawn: by the period that is chosen, without the zeros" : null;
  return [table.note, drawn, more].filter(Boolean).join("; ");
}

function reportSection(report, common) {
  const used = new Set(report.charts.map((chart) => chart.table));
  const parts = [metricList(report.metrics.filter((metric) => !common.metrics.has(metricKey(metric)))),
    report.texts.filter((text) => !common.texts.has(text)).flatMap((text) => markdown(text))];
  const makeTable = (table) => {
    const one = new DataTable(table.data, table.title, tableNote(report, table));
    tables.push(one);
    return one;
  };
  for (const chart of report.charts) {
    const figure = new Figure(chart, makeTable(report.tables[chart.table]), `figure-${report.plugin}-${chart.name}`);
    if (chart.data) figures.push(figure);
    parts.push(figure.build());
  }
  report.tables.forEach((table, i) => {
    if (used.has(i)) return;
    const id = `table-${report.plugin}-${table.name}`;
    parts.push(table.data.total > 0 ? el("div", { class: "lone", id }, makeTable(table).build())
      : el("p", { class: "note", id }, `${clean(table.title, 200)}: no rows.`));
  });
  if (report.description) {
    parts.push(el("details", { class: "method" }, el("summary", {}, "How this is counted"), markdown(report.description, false)));
  }
  return section(report.plugin, reportTitle(report), parts, report.title);
}

function leftOutNotice(data) {
  if (data.left_out.length === 0) return null;
  return el("p", { class: "notice" }, "Not in this page: " + data.left_out.map((one) => clean(one.plugin)).join(", ") + ". ",
    el("a", { href: "#provenance" }, "Why is said below."));
}

function plainNotice() {
  if (haveCharts.wanted) return null;
  return el("p", { class: "notice" }, document.getElementById("asset-echarts")
    ? "This browser can't unpack the chart library; the figures are plain."
    : "This page was made without the chart library (scripts/assets fetches it); its figures are plain.");
}

function header(data) {
  const rows = data.input.rows !== undefined ? counted(data.input.rows, "row") : "";
  const span = data.span ? `${String(data.span.first).slice(0, 10)} to ${String(data.span.last).slice(0, 10)}` : "";
  const about = [rows, span, `${counted(data.reports.length, "analysis", "analyses")}`, `made ${String(data.time).slice(0, 10)}`];
  return [tlpLabel(data), el("div", { class: "title" }, el("h1", {}, bdi(clean(data.title, 200))),
    el("p", { class: "about" }, about.filter(Boolean).map((text, i) => [i > 0 ? " · " : null, el("span", { class: "unbroken" }, text)]))),
  el("div", { class: "switches", role: "group", "aria-label": "View" },
    toggle("Defanged", true, (on) => {
      indicators.defanged = on;
      refreshTexts();
      for (const table of tables) if (table.element) table.update();
      drawAll();
    }),
    toggle("Patterns", false, (on) => { theme.patterns = on; drawAll(); }),
    toggle("Dark", theme.name === "dark", (on) => { applyTheme(on ? "dark" : "light"); drawAll(); }))];
}

function tlpLabel(data) {
  return data.tlp ? el("p", { class: "tlp tlp-" + data.tlp.split("+")[0].toLowerCase() }, "TLP:" + data.tlp) : null;
}

function contents(data) {
  const entry = (id, title, inner) => el("li", {}, el("a", { href: "#" + id }, livingText(el("bdi"), () => nameText(title, 80))), inner);
  const figuresOf = (report) => report.charts.length > 0 ? el("ul", {}, report.charts.map((chart) =>
    entry(`figure-${report.plugin}-${chart.name}`, chart.title))) : null;
  const list = el("ul", {}, entry("findings", "Findings"), data.reports.map((report) =>
    entry(report.plugin, reportTitle(report), figuresOf(report))), entry("provenance", "Where this comes from"));
  const fold = el("details", { open: window.innerWidth > 900 }, el("summary", {}, "Contents"), list);
  fold.addEventListener("click", (event) => {
    if (event.target.closest("a") && window.innerWidth <= 900) fold.open = false;
  });
  const all = el("p", { class: "folds" }, ["Fold all", "Unfold all"].map((text, i) => el("button", { type: "button", onclick: () => {
    for (const one of document.querySelectorAll("details.section")) one.open = i === 1;
  } }, text)));
  fold.append(all);
  return fold;
}
