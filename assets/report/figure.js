// A figure: its title, what it counts and leaves out, the drawing, its legend, buttons, a text in its place, and its table.

const drawers = { bar: drawBar, line: drawLine, area: drawLine, scatter: drawScatter, heatmap: drawHeatmap,
  histogram: drawHistogram, box: drawBox, network: drawNetwork, sankey: drawSankey, map: drawMap };
const kindNames = { bar: "Bar chart", line: "Line chart", area: "Area chart", scatter: "Scatter plot", heatmap: "Heatmap",
  histogram: "Histogram", box: "Box plot", network: "Network", sankey: "Flow chart", map: "World map" };
const PAPER = 680; // pixels that a figure is wide on paper

/** The largest names of a chart with what they have, for its text alternative. */
function largestNames(chart) {
  const { data } = chart;
  let sums = [];
  if (data.links) sums = data.links.filter((link) => !link[3]).map(([a, b, n]) => [`${a} and ${b}`, n]);
  else if (data.axis && chart.kind === "bar" && !isColoured(chart)) {
    sums = data.axis.map((name, i) => [data.axis_type === "time" ? instantText(name) : name, data.series[0]?.values[i] ?? 0]);
  } else if (data.series?.[0]?.values) sums = data.series.map((one) => [one.name, one.values.reduce((a, b) => a + (b ?? 0), 0)]);
  else if (data.series) sums = data.series.map((one) => [one.name, one.points.reduce((a, p) => a + p[2], 0)]);
  return sums.sort((a, b) => b[1] - a[1]).slice(0, 3);
}

/** What a chart shows, in a sentence or two. */
function alternative(chart) {
  const measure = chart.y ?? chart.size ?? "count";
  const names = chart.color && isShare(measure) || chart.kind === "line" ? [] : largestNames(chart)
    .map(([name, n]) => `${nameText(name, 60, chart.data.links ? undefined : chart.x)} ${measureText(measure, n)}`);
  return `${kindNames[chart.kind]}: ${clean(chart.title)}.` + (names.length > 0 ? ` Largest: ${names.join(", ")}.` : "")
    + " All values are in the table below. " + EXPLORE_HELP;
}

/** What isn't drawn. */
function leftOutText(chart) {
  const { data } = chart;
  if (data.cells) {
    const lost = data.of > data.drawn ? `; ${whole.format(data.drawn)} of ${counted(data.of, "cell")} are drawn` : "";
    return `rows: ${chart.y_title ?? words(chart.y)}, columns: ${chart.x_title ?? words(chart.x)}${lost}`;
  }
  const part = data.part ? ` (${percentText(data.part)} of ${words(chart.size)})` : "";
  if (data.drawn !== undefined && data.of > data.drawn) {
    return `${whole.format(data.drawn)} of ${whole.format(data.of)} are drawn, ${data.is_even ? "evenly chosen" : "the largest" + part}`;
  }
  if (data.drawn === undefined && data.axis && data.of > data.axis.length) {
    return `the first ${data.axis.length} of ${whole.format(data.of)} are drawn`;
  }
  return "";
}

/** The rows of a figure over time as it is drawn: for tables that are too long for the page. */
function drawnRows(chart, state) {
  const data = regrouped(chart.data, state.period), rows = [];
  data.axis.forEach((ms, i) => data.series.forEach((one) => {
    const value = one.values[i];
    if (value) rows.push([new Date(ms).toISOString().slice(0, 19) + "Z", ...(chart.color ? [one.name] : []), value]);
  }));
  return rows;
}

class Figure {
  constructor(chart, table, id) {
    this.raw = chart;
    this.table = table;
    this.id = id;
    if (chart.data?.axis_type === "time") fitTime(chart);
    this.state = { period: chart.data ? fittingPeriod(chart) : undefined, hidden: new Set() };
    this.seen = false;
    if (table?.isDrawn) table.setRows(drawnRows(chart, this.state));
  }

  build() {
    const chart = this.raw;
    const notes = [chart.note, chart.data && leftOutText(chart)].filter(Boolean).map((text) => clean(text)).join("; ");
    const caption = el("figcaption", {}, el("h3", {}, livingText(el("bdi"), () => nameText(chart.title, 200))),
      notes ? livingText(el("p", { class: "note" }), () => defangText(notes)) : null);
    this.element = el("figure", { id: this.id, tabindex: "-1" }, el("div", { class: "figure-head" }, caption, chart.data ? this.buttons() : null));
    if (chart.lacks) {
      this.element.append(el("p", { class: "note" }, clean(chart.lacks)));
      return this.element;
    }
    this.place = el("div", { class: "drawing", tabindex: "0", role: "application", "aria-roledescription": "figure",
      "aria-label": alternative(chart) });
    this.explorer = new Explorer(this);
    if (chart.color !== undefined && chart.data.series?.length > 1 && !(chart.kind === "bar" && chart.color === chart.x)) this.legend = new Legend(this);
    this.shadePlace = el("div");
    this.ends = el("p", { class: "note" });
    this.rows = el("details", { class: "rows" }, el("summary", {}, livingText(el("span"), () => `Table (${counted(this.table.count(), "row")})`)), this.table.build());
    this.element.append(...[this.legend?.build(), this.place, this.shadePlace, this.ends, this.explorer.reading, this.rows].filter(Boolean));
    return this.element;
  }

  buttons() {
    const chart = this.raw, canBrush = haveCharts.wanted && (chart.kind === "map" || chart.kind === "scatter" || chart.data.axis_type === "time"
      || chart.kind === "line" && chart.data.axis_type === "number");
    this.brushing = canBrush ? toggle("Select", false, () => this.setBrush()) : null;
    this.brushing?.setAttribute("title", "Drag over a part of the figure: the tables show its rows");
    return el("div", { class: "bar" }, this.periodChoice(), chart.kind === "map" && haveCharts.wanted ? mapButtons(this) : [], this.brushing,
      el("button", { type: "button", "aria-label": "Save as PNG: " + clean(chart.title, 100), onclick: () => this.savePng() }, "PNG"),
      el("button", { type: "button", "aria-label": "Save as SVG: " + clean(chart.title, 100), onclick: () => this.saveSvg() }, "SVG"));
  }

  /** Days, weeks or months, where the figure has a time. */
  periodChoice() {
    const periods = periodsOf(this.raw);
    if (periods.length < 2) return null;
    const select = el("select", { "aria-label": "Period of " + clean(this.raw.title) }, periods.map((period) =>
      el("option", { value: period, selected: period === this.state.period }, "by " + period)));
    select.addEventListener("change", () => {
      this.state.period = select.value;
      if (this.table.isDrawn) this.table.setRows(drawnRows(this.raw, this.state));
      refreshTexts();
      this.draw();
    });
    return select;
  }

  /** Draws what is seen; the rest waits until it is. */
  draw() {
    this.legend?.update();
    if (!this.raw.data || !this.seen || !haveCharts.settled) return;
    const width = theme.printing ? PAPER : this.place.clientWidth || 700, label = alternative(this.raw);
    this.place.setAttribute("aria-label", label);
    if (this.raw.country) this.shadePlace.replaceChildren(...[shows(this.state, "countries") && this.isLibraryDrawn() ? shadeLegend(this.raw) : null].filter(Boolean));
    this.ends.textContent = endsText(this.raw, this.state);
    this.ends.hidden = this.ends.textContent === "";
    if (!this.isLibraryDrawn()) return this.drawPlain(width, label);
    const { option, height } = drawers[this.raw.kind](this.raw, { width, head: 0 }, this.state);
    this.place.style.height = height + "px";
    if (!this.chart) {
      this.chart = echarts.init(this.place, null, { renderer: "canvas", width, height });
      this.chart.on("click", (item) => this.click(item));
      this.chart.on("brushEnd", (event) => this.brushed(event));
    }
    this.chart.resize({ width, height });
    this.chart.setOption(option, { notMerge: true });
    if (this.isBrushing()) this.setBrush();
    if (theme.printing) this.chart.getZr().refreshImmediately();
  }

  isLibraryDrawn() { return haveCharts.ready && (this.raw.kind !== "map" || haveCharts.world); }

  drawPlain(width, label) { this.place.replaceChildren(drawPlain(this.raw, width, label, this.state)); }

  pick(conditions) {
    this.rows.open = true;
    pick(conditions);
  }

  /** A click on a mark shows its rows in the tables; on a bar or an area of a name, those of both. */
  click(item) {
    const conditions = clickedConditions(this.raw, this.state, item);
    if (conditions.length > 0) this.pick(conditions);
    else announce("that mark stands for several names");
  }

  isBrushing() { return this.brushing?.getAttribute("aria-pressed") === "true"; }

  setBrush() {
    if (!this.chart) return;
    const type = this.raw.kind === "map" || this.raw.kind === "scatter" ? "rect" : "lineX";
    this.chart.dispatchAction({ type: "takeGlobalCursor", key: "brush", brushOption: this.isBrushing() ? { brushType: type, brushMode: "single" } : { brushType: false } });
  }

  brushed(event) {
    const area = event.areas[0];
    if (!area) return;
    this.pick(brushedConditions(this.raw, this.state, area.coordRange));
    this.chart.dispatchAction({ type: "brush", areas: [] });
  }

  /** By the keyboard: the map, or the time around its middle. */
  zoom(factor) {
    if (this.raw.kind === "map") return zoomMap(this, factor);
    const zoom = this.chart?.getOption().dataZoom?.[0];
    if (!zoom) return;
    const middle = (zoom.start + zoom.end) / 2, half = Math.min(50, (zoom.end - zoom.start) / 2 / factor);
    const start = Math.max(0, Math.min(100 - 2 * half, middle - half));
    this.chart.dispatchAction({ type: "dataZoom", dataZoomIndex: 0, start, end: start + 2 * half });
  }

  /** What is saved: the figure as it is seen, with its title and its legend. */
  savedOption() {
    const width = Math.max(700, this.place.clientWidth), names = this.legend ? orderedSeries(this.raw, this.state).map((one) => one.name) : [];
    const note = chartText([theme.tlp, this.raw.note, endsText(this.raw, this.state)].filter(Boolean).join(" · "), Math.floor(width / 7));
    const head = 34 + (note ? 18 : 0) + (names.length > 0 ? 22 * Math.ceil(names.length / Math.floor(width / 150)) + 8 : 0);
    const { option, height } = drawers[this.raw.kind](this.raw, { width, head }, this.state);
    const zoom = this.chart?.getOption().dataZoom?.[0];
    return { width, height, option: { ...option, backgroundColor: surface().page, legend: names.length > 0 ? { ...legendOption(names), top: note ? 48 : 30 } : undefined,
      dataZoom: zoom ? [{ type: "inside", start: zoom.start, end: zoom.end }] : undefined,
      title: { text: chartText(this.raw.title, 100), left: 8, top: 4, textStyle: { fontSize: 15, color: surface().text }, itemGap: 8,
        subtext: note, subtextStyle: { fontSize: 11, color: surface().quiet } } } };
  }

  savePng() {
    if (this.isLibraryDrawn()) return savePng(this.savedOption(), this.raw.title);
    this.saveSvg();
  }

  saveSvg() {
    if (this.isLibraryDrawn()) return saveSvgText(svgOf(this.savedOption()), this.raw.title);
    this.seen = true;
    if (!this.place.firstChild) this.draw();
    const drawing = this.place.querySelector("svg[role=img]");
    if (drawing) saveSvgText(new XMLSerializer().serializeToString(drawing), this.raw.title);
  }
}
