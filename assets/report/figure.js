// A figure: its title, what it leaves out, the drawing, buttons to save it, a text in its place, and its table.

const drawers = { bar: drawBar, line: drawLine, area: drawLine, scatter: drawScatter, heatmap: drawHeatmap,
  histogram: drawHistogram, box: drawBox, network: drawNetwork, sankey: drawSankey, map: drawMap };
const kindNames = { bar: "Bar chart", line: "Line chart", area: "Area chart", scatter: "Scatter plot", heatmap: "Heatmap",
  histogram: "Histogram", box: "Box plot", network: "Network", sankey: "Flow chart", map: "World map" };

/** The largest names of a chart with what they have, for its text alternative. */
function largestNames(chart) {
  const { data } = chart;
  let sums = [];
  if (data.links) sums = data.links.map(([a, b, n]) => [`${a} and ${b}`, n]);
  else if (chart.kind === "bar" && !isColoured(chart)) sums = data.axis.map((name, i) => [name, data.series[0]?.values[i] ?? 0]);
  else if (data.series?.[0]?.values) sums = data.series.map((one) => [one.name, one.values.reduce((a, b) => a + (b ?? 0), 0)]);
  else if (data.series) sums = data.series.map((one) => [one.name, one.points.reduce((a, p) => a + p[2], 0)]);
  return sums.sort((a, b) => b[1] - a[1]).slice(0, 3);
}

/** What a chart shows, in a sentence or two. */
function alternative(chart) {
  const measure = chart.y ?? chart.size ?? "count";
  const names = chart.color && isShare(measure) ? [] : largestNames(chart)
    .map(([name, n]) => `${nameText(name)} ${measureText(measure, n)}`);
  return `${kindNames[chart.kind]}: ${clean(chart.title)}.` + (names.length > 0 ? ` Largest: ${names.join(", ")}.` : "")
    + " All values are in the table below.";
}

/** What isn't drawn. */
function leftOutText(chart) {
  const { data } = chart;
  if (data.drawn !== undefined && data.of > data.drawn) {
    return `${whole.format(data.drawn)} of ${whole.format(data.of)} are drawn, the largest`;
  }
  if (data.drawn === undefined && data.axis && data.of > data.axis.length) {
    return `the first ${data.axis.length} of ${whole.format(data.of)} are drawn`;
  }
  return "";
}

class Figure {
  constructor(chart, table, id) {
    this.raw = chart;
    this.table = table;
    this.id = id;
    this.state = { period: chart.data ? fittingPeriod(chart) : undefined };
    this.seen = false;
  }

  build() {
    const chart = this.raw;
    this.place = el("div", { class: "drawing" });
    const notes = [chart.note, chart.data && leftOutText(chart)].filter(Boolean).map((text) => clean(text)).join(" · ");
    const caption = el("figcaption", {}, el("h3", {}, livingText(el("bdi"), () => nameText(chart.title, 200))),
      notes ? el("p", { class: "note" }, notes) : null);
    const bar = chart.data ? el("div", { class: "bar" }, this.periodChoice(), chart.kind === "map" && haveCharts.wanted ? mapButtons(this) : [],
      el("button", { type: "button", onclick: () => this.savePng() }, "PNG"),
      el("button", { type: "button", onclick: () => this.saveSvg() }, "SVG")) : null;
    const rows = el("details", { class: "rows" }, el("summary", {}, `Table (${counted(this.table.total, "row")})`), this.table.build());
    this.rows = rows;
    this.element = el("figure", { id: this.id, tabindex: "-1" }, el("div", { class: "figure-head" }, caption, bar), this.place, rows);
    if (chart.lacks) this.place.append(el("p", { class: "note" }, clean(chart.lacks)));
    return this.element;
  }

  /** Days, weeks or months, where the figure has a time. */
  periodChoice() {
    const periods = this.raw.data ? periodsOf(this.raw) : [];
    if (periods.length < 2) return null;
    const select = el("select", { "aria-label": "Period of " + clean(this.raw.title) }, periods.map((period) =>
      el("option", { value: period, selected: period === this.state.period }, "by " + period)));
    select.addEventListener("change", () => {
      this.state.period = select.value;
      this.draw();
    });
    return select;
  }

  /** Draws what is seen; the rest waits until it is. */
  draw() {
    if (!this.raw.data || !this.seen || !haveCharts.settled) return;
    const width = this.place.clientWidth || 700;
    const label = alternative(this.raw);
    if (!haveCharts.ready || (this.raw.kind === "map" && !haveCharts.world)) return this.drawPlain(width, label);
    const { option, height } = drawers[this.raw.kind](this.raw, { width }, this.state);
    this.place.style.height = height + "px";
    this.place.setAttribute("role", "img");
    this.place.setAttribute("aria-label", label);
    this.option = option;
    if (!this.chart) {
      this.chart = echarts.init(this.place, null, { renderer: "canvas" });
      this.chart.on("click", (item) => this.filter(item));
    }
    this.chart.resize();
    this.chart.setOption(option, { notMerge: true });
  }

  drawPlain(width, label) {
    const drawing = drawPlain(this.raw, width, label, this.state);
    const legend = drawing ? [plainLegend(this.raw)].filter(Boolean) : [];
    this.place.replaceChildren(...legend, drawing ?? el("p", { class: "note" }, "This figure needs the chart library; its table has the numbers."));
  }

  /** A click on a part shows its rows in the table. */
  filter(item) {
    const name = item.dataType === "edge" ? item.data.source : item.value?.[4] || (item.seriesName && isColoured(this.raw)
      ? item.seriesName : item.name);
    if (!name || /^other \(/.test(name)) return;
    this.rows.open = true;
    this.table.find(String(name).replace(/^[<>](?=.)/, ""));
    announce("the table shows the rows with " + nameText(name));
  }

  savePng() {
    if (this.chart) return savePng(this.chart, this.raw.title);
    this.saveSvg();
  }

  saveSvg() {
    this.seen = true;
    if (!this.place.firstChild) this.draw();
    if (this.chart) return saveSvgText(svgOf(this.option, this.place.clientWidth, this.place.clientHeight), this.raw.title);
    const drawing = this.place.querySelector("svg[role=img]");
    if (drawing) saveSvgText(new XMLSerializer().serializeToString(drawing), this.raw.title);
  }
}
