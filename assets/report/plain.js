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
function plainBars(bars, measure, width, label, column, letters = 24) {
  const s = surface(), left = Math.min(8 * letters, width * 0.35), right = 70, row = 22;
  const root = svgRoot(width, bars.length * row + 8, label);
  const most = Math.max(1e-12, ...bars.map(([, parts]) => parts.reduce((sum, part) => sum + part[0], 0)));
  bars.forEach(([name, parts], i) => {
    let x = left;
    root.append(svg("text", { x: left - 8, y: i * row + 16, "text-anchor": "end", fill: s.quiet }, nameText(name, Math.min(letters, Math.floor(left / 6.5)), column)));
    for (const [value, color, at] of parts) {
      const length = (value / most) * (width - left - right);
      root.append(svg("rect", { x, y: i * row + 4, width: Math.max(0, length), height: row - 6, fill: svgFill(root, color, at ?? 0) }));
      x += length;
    }
    const sum = parts.reduce((total, part) => total + part[0], 0);
    root.append(svg("text", { x: x + 6, y: i * row + 16, fill: s.quiet }, measureText(measure, sum)));
  });
  return root;
}

/** Where on a line of a given length the values of an axis are: to scale, or side by side where they are names. */
function placesOf(data, length) {
  const isNumber = data.axis.every((value) => typeof value === "number");
  const at = data.axis.map((value, i) => isNumber && data.axis_type !== "category" ? value : i);
  const low = Math.min(...at), span = Math.max(...at) - low || 1;
  return at.map((value) => ((value - low) / span) * length);
}

/** Lines over a shared axis, stacked where they are areas. A line leaves out where it has no value. */
function plainLines(chart, data, width, label, state) {
  const s = surface(), height = 300, parts = orderedSeries({ ...chart, data }, state), isArea = chart.kind === "area";
  const root = svgRoot(width, height + 30, label), sums = data.axis.map(() => 0), xs = placesOf(data, width - 60);
  const order = data.axis.map((_, i) => i).sort((a, b) => xs[a] - xs[b]);
  const tops = parts.map((one) => one.values.map((value, i) => isArea ? (sums[i] += value ?? 0) : value));
  const most = Math.max(1e-12, ...tops.flat().filter((value) => typeof value === "number"));
  const path = (tops) => order.filter((i) => typeof tops[i] === "number").map((i) => `${50 + xs[i]},${height - (tops[i] / most) * (height - 20)}`);
  if (isArea) {
    parts.forEach((one, at) => root.append(svg("polygon", { points: [...path(tops[at]),
      ...path(at > 0 ? tops[at - 1] : tops[at].map(() => 0)).reverse()].join(" "),
    fill: svgFill(root, colourOf(chart.palette, one.name, one.rest), placeOf(chart.palette, one.name, one.rest)) })));
  } else parts.forEach((one, at) => root.append(svg("polyline", { points: path(tops[at]).join(" "),
    fill: "none", "stroke-width": 1.5, stroke: colourOf(chart.palette, one.name, one.rest) })));
  root.append(svg("line", { x1: 50, x2: width - 10, y1: height, y2: height, stroke: s.border }));
  const text = (i) => data.axis_type === "time" ? instantText(data.axis[i])
    : typeof data.axis[i] === "number" ? measureText(chart.x, data.axis[i]) : nameText(data.axis[i], 16);
  if (order.length > 0) root.append(svg("text", { x: 50, y: height + 20, fill: s.quiet }, text(order[0])),
    svg("text", { x: width - 10, y: height + 20, "text-anchor": "end", fill: s.quiet }, text(order.at(-1))),
    svg("text", { x: 46, y: 20, "text-anchor": "end", fill: s.quiet }, measureText(chart.y, most)));
  return root;
}

/** Cells as squares, the darker the more. */
function plainCells(chart, width, label) {
  const { axis, rows, cells } = chart.data, s = surface(), left = Math.min(150, width * 0.3), top = 90, row = 20;
  const cell = Math.min(44, (width - left) / Math.max(1, axis.length)), most = Math.max(1e-12, ...cells.map((one) => one[2] ?? 0));
  const root = svgRoot(width, top + rows.length * row + 6, label), measure = chart.size ?? chart.color ?? "count";
  rows.forEach((name, i) => root.append(svg("text", { x: left - 6, y: top + i * row + 14, "text-anchor": "end", fill: s.quiet }, nameText(name, 20))));
  axis.forEach((name, i) => root.append(svg("text", { x: 0, y: 0, fill: s.quiet, transform: `translate(${left + (i + 0.6) * cell} ${top - 6}) rotate(-50)` },
    nameText(name, 14))));
  for (const [x, y, value] of cells) {
    const box = svg("rect", { x: left + x * cell, y: top + y * row, width: cell - 1, height: row - 1, fill: s.high, "fill-opacity": 0.08 + 0.92 * ((value ?? 0) / most) });
    box.append(svg("title", {}, `${nameText(rows[y])}, ${nameText(axis[x])}: ${measureText(measure, value)}`));
    root.append(box);
  }
  return root;
}

/** Boxes from quartile to quartile, with whiskers to the ends. */
function plainBoxes(chart, width, label) {
  const { axis, boxes } = chart.data, s = surface(), left = Math.min(190, width * 0.35), row = 26, all = boxes.flat();
  const low = Math.min(...all), high = Math.max(...all), root = svgRoot(width, boxes.length * row + 30, label);
  const x = (value) => left + ((value - low) / (high - low || 1)) * (width - left - 20);
  boxes.forEach((box, i) => {
    const y = i * row + 13, color = PALETTES[theme.name][0];
    root.append(svg("text", { x: left - 8, y: y + 4, "text-anchor": "end", fill: s.quiet }, nameText(axis[i], 24)),
      svg("line", { x1: x(box[0]), x2: x(box[4]), y1: y, y2: y, stroke: color }),
      svg("rect", { x: x(box[1]), y: y - 8, width: Math.max(1, x(box[3]) - x(box[1])), height: 16, fill: s.low, stroke: color }),
      svg("line", { x1: x(box[2]), x2: x(box[2]), y1: y - 8, y2: y + 8, stroke: color, "stroke-width": 2 }));
  });
  root.append(svg("text", { x: left, y: boxes.length * row + 20, fill: s.quiet }, measureText(chart.y, low)),
    svg("text", { x: width - 20, y: boxes.length * row + 20, "text-anchor": "end", fill: s.quiet }, measureText(chart.y, high)));
  return root;
}

function plainPoints(chart, width, label, state) {
  const s = surface(), isMap = chart.kind === "map", height = isMap ? width / 2 : 360, all = chart.data.series.flatMap((one) => one.points);
  const range = (at) => isMap ? [[-180, 180], [-90, 90]][at] : all.reduce(([low, high], p) => [Math.min(low, p[at]), Math.max(high, p[at])], [Infinity, -Infinity]);
  const [[west, east], [south, north]] = [range(0), range(1)];
  const root = svgRoot(width, height, label), size = dotSize(largestPoint(chart));
  root.append(svg("rect", { width, height, fill: s.land }));
  for (let k = 1; k < 12 && isMap; k++) {
    root.append(svg("line", { x1: (k * width) / 12, x2: (k * width) / 12, y1: 0, y2: height, stroke: s.border }));
    if (k < 6) root.append(svg("line", { x1: 0, x2: width, y1: (k * height) / 6, y2: (k * height) / 6, stroke: s.border }));
  }
  for (const one of orderedSeries(chart, state)) for (const point of one.points) {
    root.append(svg("circle", { cx: ((point[0] - west) / (east - west || 1)) * width, cy: ((north - point[1]) / (north - south || 1)) * height,
      r: size(point) / 2, fill: colourOf(chart.palette, one.name, one.rest), "fill-opacity": 0.7 }));
  }
  return root;
}

/** The figure without the library. */
function drawPlain(chart, width, label, state) {
  const first = PALETTES[theme.name][0], { data } = chart, several = isColoured(chart);
  switch (chart.kind) {
    case "bar": {
      const grouped = regrouped(data, state.period), parts = orderedSeries({ ...chart, data: grouped }, state), isTime = data.axis_type === "time";
      return plainBars(grouped.axis.map((place, i) => [isTime ? periodText(place, grouped.period) : place, parts.map((one) => {
        const [column, name] = several ? [chart.palette, one.name] : chart.palette === chart.x && chart.palette ? [chart.x, place] : [undefined, place];
        return [one.values[i] ?? 0, colourOf(column, name, column && isRest(name)), placeOf(column, name, column && isRest(name))];
      })]), chart.y, width, label, chart.x);
    }
    case "line": case "area": return plainLines(chart, regrouped(data, state.period), width, label, state);
    case "map": case "scatter": return plainPoints(chart, width, label, state);
    case "heatmap": return plainCells(chart, width, label);
    case "box": return plainBoxes(chart, width, label);
    case "histogram": return plainBars(data.counts.map((n, i) => [edgeText(data, i), [[n, first]]]), "count", width, label);
    default: return plainBars(data.links.slice(0, 40).map(([a, b, n]) => [`${a} – ${b}`, [[n, colourOf(chart.palette, a), placeOf(chart.palette, a)]]]),
      chart.size ?? "count", width, label, undefined, 44);
  }
}
