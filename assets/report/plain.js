// Figures without the chart library: still SVG, drawn here. Bars for what has names, lines for what has a course, dots on a
// grid for places. The table beside each figure has the rest.

const SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes = {}, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function svgRoot(width, height, label) {
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label, xmlns: SVG,
    "font-family": "system-ui, sans-serif", "font-size": 12 });
}

/** Lying bars: [name, [[value, colour]…]]. */
function plainBars(bars, measure, width, label) {
  const s = surface(), left = Math.min(190, width * 0.35), right = 70, row = 22;
  const root = svgRoot(width, bars.length * row + 8, label);
  const most = Math.max(1e-12, ...bars.map(([, parts]) => parts.reduce((sum, part) => sum + part[0], 0)));
  bars.forEach(([name, parts], i) => {
    let x = left;
    root.append(svg("text", { x: left - 8, y: i * row + 16, "text-anchor": "end", fill: s.quiet }, nameText(name, 24)));
    for (const [value, color] of parts) {
      const length = (value / most) * (width - left - right);
      root.append(svg("rect", { x, y: i * row + 4, width: Math.max(0, length), height: row - 6, fill: color }));
      x += length;
    }
    const sum = parts.reduce((total, part) => total + part[0], 0);
    root.append(svg("text", { x: x + 6, y: i * row + 16, fill: s.quiet }, measureText(measure, sum)));
  });
  return root;
}

/** Lines over a shared axis, stacked where they are areas. */
function plainLines(chart, data, width, label) {
  const s = surface(), height = 300, parts = orderedSeries({ ...chart, data }), n = data.axis.length;
  const root = svgRoot(width, height + 30, label), sums = data.axis.map(() => 0);
  const tops = parts.map((one) => one.values.map((value, i) => chart.kind === "area" ? (sums[i] += value ?? 0) : value ?? 0));
  const most = Math.max(1e-12, ...tops.flat());
  const x = (i) => 50 + (i / Math.max(1, n - 1)) * (width - 60), y = (value) => height - (value / most) * (height - 20);
  parts.forEach((one, at) => root.append(svg("polyline", { points: tops[at].map((value, i) => `${x(i)},${y(value)}`).join(" "),
    fill: "none", "stroke-width": 1.5, stroke: colourOf(chart.palette, one.name, one.rest) })));
  root.append(svg("line", { x1: 50, x2: width - 10, y1: height, y2: height, stroke: s.border }));
  const text = (i) => data.axis_type === "time" ? instantText(data.axis[i]) : nameText(data.axis[i], 16);
  if (n > 0) root.append(svg("text", { x: 50, y: height + 20, fill: s.quiet }, text(0)),
    svg("text", { x: width - 10, y: height + 20, "text-anchor": "end", fill: s.quiet }, text(n - 1)),
    svg("text", { x: 46, y: 20, "text-anchor": "end", fill: s.quiet }, measureText(chart.y, most)));
  return root;
}

function plainPoints(chart, width, label) {
  const s = surface(), isMap = chart.kind === "map", height = isMap ? width / 2 : 360, all = chart.data.series.flatMap((one) => one.points);
  const range = (at) => isMap ? [[-180, 180], [-90, 90]][at] : all.reduce(([low, high], p) => [Math.min(low, p[at]), Math.max(high, p[at])], [Infinity, -Infinity]);
  const [[west, east], [south, north]] = [range(0), range(1)];
  const root = svgRoot(width, height, label), size = dotSize(largestPoint(chart));
  root.append(svg("rect", { width, height, fill: s.land }));
  for (let k = 1; k < 12 && isMap; k++) {
    root.append(svg("line", { x1: (k * width) / 12, x2: (k * width) / 12, y1: 0, y2: height, stroke: s.border }));
    if (k < 6) root.append(svg("line", { x1: 0, x2: width, y1: (k * height) / 6, y2: (k * height) / 6, stroke: s.border }));
  }
  for (const one of orderedSeries(chart)) for (const point of one.points) {
    root.append(svg("circle", { cx: ((point[0] - west) / (east - west || 1)) * width, cy: ((north - point[1]) / (north - south || 1)) * height,
      r: size(point) / 2, fill: colourOf(chart.palette, one.name, one.rest), "fill-opacity": 0.7 }));
  }
  return root;
}

/** Which colour is whose, for a drawing of several names; null for the others. */
function plainLegend(chart) {
  if (chart.color === undefined || !chart.data.series || chart.data.series.length < 2) return null;
  return el("p", { class: "legend" }, orderedSeries(chart).map((one) => {
    const mark = svg("svg", { width: 12, height: 12, "aria-hidden": "true" });
    mark.append(svg("rect", { width: 12, height: 12, rx: 2, fill: colourOf(chart.palette, one.name, one.rest) }));
    return el("span", {}, mark, " ", bdi(nameText(one.name, 26)));
  }));
}

/** The figure, or null for a kind that only the table shows. */
function drawPlain(chart, width, label, state) {
  const first = PALETTES[theme.name][0], { data } = chart;
  if (chart.kind === "bar") {
    const parts = orderedSeries(chart);
    return plainBars(data.axis.map((name, i) => [name, parts.map((one) => [one.values[i] ?? 0,
      isColoured(chart) ? colourOf(chart.palette, one.name, one.rest) : first])]), chart.y, width, label);
  }
  if (chart.kind === "line" || chart.kind === "area") return plainLines(chart, regrouped(data, state.period), width, label);
  if (chart.kind === "map" || chart.kind === "scatter") return plainPoints(chart, width, label);
  if (chart.kind === "histogram") {
    return plainBars(data.counts.map((n, i) => [data.x_type === "time" ? instantText(data.edges[i]) : numberText(data.edges[i]), [[n, first]]]), "count", width, label);
  }
  if (chart.kind === "network" || chart.kind === "sankey") {
    return plainBars(data.links.slice(0, 40).map(([a, b, n]) => [`${a} – ${b}`, [[n, colourOf(chart.palette, a)]]]), chart.size ?? "count", width, label);
  }
  return null;
}
