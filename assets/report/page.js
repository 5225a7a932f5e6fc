// Puts the page together, and runs.

const haveCharts = { ready: false, world: false, settled: false, wanted: !!document.getElementById("asset-echarts")
  && "DecompressionStream" in window };
const figures = [], tables = [];

/** Unpacks a block of the page: base64 of gzip. */
async function unpacked(id) {
  const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

/** Starts the chart library that the page carries; the policy knows its hash. */
async function startCharts() {
  try {
    if (haveCharts.wanted) {
      const script = document.createElement("script");
      script.textContent = await unpacked("asset-echarts");
      document.head.append(script);
      haveCharts.ready = typeof window.echarts === "object";
      if (haveCharts.ready && document.getElementById("asset-world") && figures.some((figure) => figure.raw.kind === "map")) {
        echarts.registerMap("world", worldFeatures(JSON.parse(await unpacked("asset-world"))));
        haveCharts.world = true;
      }
    }
  } finally {
    haveCharts.settled = true;
    drawAll();
  }
}

function drawAll() { for (const figure of figures) figure.draw(); }

/** A section that folds, its heading the handle. */
function section(id, title, children, isMinor) {
  return el("section", { id, "aria-labelledby": id + "-title", tabindex: "-1" }, el("details", { open: !isMinor, class: "section" },
    el("summary", {}, el("h2", { id: id + "-title" }, clean(title, 200))), el("div", { class: "inside" }, children)));
}

const severities = ["high", "medium", "low", "info"];

function findingItem(finding, report) {
  const target = finding.chart && report.charts.some((chart) => chart.name === finding.chart)
    ? `#figure-${report.plugin}-${finding.chart}` : `#${report.plugin}`;
  const item = el("li", { class: "finding " + finding.severity }, el("span", { class: "badge" }, finding.severity),
    el("div", {}, el("a", { href: target }, livingText(el("bdi"), () => nameText(finding.title, 400))),
      finding.text ? el("p", { class: "note" }, clean(finding.text, 1000)) : null), evidence(finding));
  return item;
}

function evidence(finding) {
  if (!finding.evidence || finding.evidence.total === 0) return null;
  const table = new DataTable(finding.evidence, "Rows behind: " + nameText(finding.title, 120));
  const details = el("details", { class: "evidence" }, el("summary", {}, counted(finding.evidence.total, "row"), el("span", { class: "hidden" }, " behind it")));
  details.addEventListener("toggle", () => {
    if (!details.open || table.element) return;
    details.append(table.build());
    tables.push(table);
  });
  return details;
}

/** The findings of all reports, the gravest first. */
function findingsSection(data) {
  const all = data.reports.flatMap((report) => report.findings.map((finding) => [finding, report]));
  all.sort((a, b) => severities.indexOf(a[0].severity) - severities.indexOf(b[0].severity));
  if (all.length === 0) return section("findings", "Findings", [el("p", {}, "The analyses point at nothing in particular.")]);
  const items = all.map(([finding, report]) => findingItem(finding, report));
  const first = items.slice(0, 12), rest = items.slice(12);
  const more = rest.length > 0 ? el("details", { class: "more" }, el("summary", {}, `${rest.length} more`),
    el("ol", { class: "findings" }, rest)) : null;
  return section("findings", "Findings", [el("ol", { class: "findings" }, first), more]);
}

function metricItem(metric) {
  const value = metric.type === "time" ? dayText(String(metric.value)) : measureText(metric.title, metric.value);
  return el("div", { class: "metric" }, el("dt", {}, clean(metric.title, 100)), el("dd", {}, value + (metric.unit ? " " + metric.unit : ""),
    metric.note ? el("small", {}, clean(metric.note)) : null));
}

function reportSection(report) {
  const used = new Set(report.charts.map((chart) => chart.table));
  const parts = [el("dl", { class: "metrics" }, report.metrics.map(metricItem)), report.texts.flatMap((text) => markdown(text))];
  const makeTable = (table) => {
    const one = new DataTable(table.data, table.title, table.note);
    tables.push(one);
    return one;
  };
  for (const chart of report.charts) {
    const figure = new Figure(chart, makeTable(report.tables[chart.table]), `figure-${report.plugin}-${chart.name}`);
    figures.push(figure);
    parts.push(figure.build());
  }
  report.tables.forEach((table, i) => {
    if (!used.has(i)) parts.push(el("div", { class: "lone", id: `table-${report.plugin}-${table.name}` }, makeTable(table).build()));
  });
  if (report.description) {
    parts.push(el("details", { class: "method" }, el("summary", {}, "How this is counted"), markdown(report.description)));
  }
  return section(report.plugin, report.title, parts);
}

function leftOutNotice(data) {
  if (data.left_out.length === 0) return null;
  return el("p", { class: "notice" }, "Left out: " + data.left_out.map((one) => clean(one.plugin)).join(", ") + ". ",
    el("a", { href: "#provenance" }, "Why is said at the end."));
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
    el("p", { class: "about" }, about.filter(Boolean).join(" · "))),
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
  const entry = (id, title, inner) => el("li", {}, el("a", { href: "#" + id }, clean(title, 80)), inner);
  const figuresOf = (report) => report.charts.length > 0 ? el("ul", {}, report.charts.map((chart) =>
    entry(`figure-${report.plugin}-${chart.name}`, chart.title))) : null;
  const list = el("ul", {}, entry("findings", "Findings"), data.reports.map((report) =>
    entry(report.plugin, report.plugin[0].toUpperCase() + report.plugin.slice(1), figuresOf(report))), entry("provenance", "Where this comes from"));
  const fold = el("details", { open: window.innerWidth > 900 }, el("summary", {}, "Contents"), list);
  fold.addEventListener("click", (event) => {
    if (event.target.closest("a") && window.innerWidth <= 900) fold.open = false;
  });
  return fold;
}

/** Opens the sections that lead to what the address names, and goes there. */
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  const own = target.querySelector(":scope > details.section");
  if (own) own.open = true;
  target.scrollIntoView();
  target.focus({ preventScroll: true });
}

function watch() {
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const figure = figures.find((one) => one.element === entry.target);
      if (entry.isIntersecting && figure && !figure.seen) {
        figure.seen = true;
        figure.draw();
      }
    }
  }, { rootMargin: "600px" });
  for (const figure of figures) seen.observe(figure.element);
  let timer, width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    clearTimeout(timer);
    timer = setTimeout(drawAll, 120);
  });
  window.addEventListener("hashchange", reveal);
  window.addEventListener("beforeprint", () => {
    for (const figure of figures) figure.seen = true;
    if (theme.name === "dark") applyTheme("light");
    drawAll();
  });
  darkMedia.addEventListener("change", () => {
    applyTheme(darkMedia.matches ? "dark" : "light");
    drawAll();
  });
}

function start() {
  const data = JSON.parse(document.getElementById("data").textContent);
  theme.palettes = data.palettes;
  applyTheme(darkMedia.matches ? "dark" : "light");
  document.getElementById("head").append(...header(data).filter(Boolean));
  document.getElementById("contents").append(contents(data));
  document.getElementById("main").replaceChildren(...[plainNotice(), findingsSection(data), leftOutNotice(data),
    ...data.reports.map(reportSection), provenance(data)].filter(Boolean));
  document.getElementById("foot").append(...[tlpLabel(data), el("p", {}, "Lunette " + data.lunette),
    el("p", { id: "said", class: "hidden", "aria-live": "polite" }), el("p", { id: "flash", "aria-hidden": "true" })].filter(Boolean));
  watch();
  if (location.hash) reveal();
  startCharts().catch((error) => { throw error; });
}

start();
