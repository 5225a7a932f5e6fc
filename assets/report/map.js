// The world map: countries shaded by what they have, and points on it sized by count and coloured by name.

const STEPS = 50; // the outlines' steps per degree (scripts/lib/world.mjs)
const SMALL = 1.6; // a country whose largest part is this many degrees wide or less gets a mark where it is shaded

const outlines = { codes: new Set(), small: new Map() };

function ringPoints(ring) {
  const out = [];
  let x = 0, y = 0;
  for (let i = 0; i < ring.length; i += 2) {
    x += ring[i];
    y += ring[i + 1];
    out.push([x / STEPS, y / STEPS]);
  }
  out.push(out[0]);
  return out;
}

/** The middle of a country's largest part, and how wide that is. */
function middleOf(polygons) {
  let best = { width: -1 };
  for (const [outer] of polygons) {
    const xs = outer.map((p) => p[0]), ys = outer.map((p) => p[1]);
    const [west, east, south, north] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const width = Math.max(east - west, north - south);
    if (width > best.width) best = { width, at: [(west + east) / 2, (south + north) / 2] };
  }
  return best;
}

/** The packed outlines as GeoJSON, by their two-letter codes. */
function worldFeatures(countries) {
  const largest = new Map();
  const features = countries.map(([code, name, polygons]) => {
    const coordinates = polygons.map((rings) => rings.map(ringPoints)), middle = middleOf(coordinates);
    outlines.codes.add(code);
    if (middle.width > (largest.get(code)?.width ?? -1)) largest.set(code, middle);
    return { type: "Feature", properties: { name: code || name }, geometry: { type: "MultiPolygon", coordinates } };
  });
  for (const [code, middle] of largest) if (middle.width <= SMALL) outlines.small.set(code, middle.at);
  return { type: "FeatureCollection", features };
}

const regionNames = new Intl.DisplayNames("en", { type: "region", fallback: "none" });

/** "Germany (DE)"; the code as it is where it names no country. */
function countryName(code) {
  const name = /^[A-Z]{2}$/.test(code) ? regionNames.of(code) : undefined;
  return name && name !== code ? `${name} (${code})` : chartText(code, 40);
}

/** Where each class of shade begins: 1, 2, 5, 10, …, as many as there are shades, the last below the most. */
function shadeBreaks(most, shades) {
  const steps = [];
  for (let power = 1; power <= most; power *= 10) for (const factor of [1, 2, 5]) if (factor * power <= most) steps.push(factor * power);
  const stride = Math.max(1, Math.ceil(steps.length / shades));
  const out = [];
  for (let i = steps.length - 1; i >= 0 && out.length < shades; i -= stride) out.unshift(steps[i]);
  if (out.length > 0) out[0] = 1;
  return out;
}

/** The shade of each country, and the classes for the legend. */
function shading(chart) {
  const countries = chart.data.countries ?? [], shades = surface().shades;
  const breaks = shadeBreaks(countries.reduce((most, one) => Math.max(most, one[1]), 0), shades.length);
  const classOf = (amount) => Math.max(0, breaks.findLastIndex((from) => amount >= from));
  const color = (amount) => shades[shades.length - breaks.length + classOf(amount)];
  return { breaks, color, of: new Map(countries.filter(([, n]) => n > 0).map(([code, n]) => [code, n])) };
}

function shows(state, what) { return (state.layers ?? "both") === "both" || state.layers === what; }

/** "1–9", "10–99", "100 and more": the shades of the map. */
function shadeLegend(chart) {
  const { breaks, color } = shading(chart);
  if (breaks.length === 0) return null;
  const text = (i) => i + 1 < breaks.length ? (breaks[i + 1] - 1 > breaks[i] ? `${whole.format(breaks[i])}–${whole.format(breaks[i + 1] - 1)}` : whole.format(breaks[i]))
    : `${whole.format(breaks[i])} and more`;
  const unknown = (chart.data.countries ?? []).filter(([code]) => outlines.codes.size > 0 && !outlines.codes.has(code));
  const lost = unknown.reduce((sum, one) => sum + one[1], 0);
  return el("p", { class: "shades" }, el("span", {}, `${words(chart.size ?? "count")} in a country:`),
    breaks.map((from, i) => el("span", {}, plainSwatch(color(from)), " ", text(i))),
    lost > 0 ? el("span", {}, `${numberText(lost)} in places without an outline: ${unknown.slice(0, 6).map(([code]) => nameText(code, 20)).join(", ")}`) : null);
}

function plainSwatch(color) {
  const mark = svg("svg", { width: 14, height: 12, "aria-hidden": "true", class: "swatch" });
  mark.append(svg("rect", { width: 14, height: 12, rx: 2, fill: color, stroke: surface().border }));
  return mark;
}

function regionsOf(chart) {
  const { color, of } = shading(chart), s = surface();
  return [...of].filter(([code]) => outlines.codes.has(code)).map(([code, amount]) => ({ name: code, itemStyle: { areaColor: color(amount), borderColor: s.page },
    emphasis: { itemStyle: { areaColor: color(amount), borderColor: s.text } } }));
}

/** Marks for shaded countries that are too small to be seen. */
function smallStates(chart) {
  const { color, of } = shading(chart), s = surface();
  const data = [...of].filter(([code]) => outlines.small.has(code)).map(([code, amount]) => ({ name: code, value: [...outlines.small.get(code), amount],
    itemStyle: { color: color(amount) } }));
  return { type: "scatter", coordinateSystem: "geo", name: " countries", symbol: "rect", symbolSize: 9, data, z: 1,
    itemStyle: { borderColor: s.quiet, borderWidth: 1 } };
}

/** The part of the world that is shown: the poles cut off where nothing is, wider than the land where a dot stands at its rim. */
function boundsOf(chart) {
  const lons = [], lats = [];
  for (const one of chart.data.series) for (const point of one.points) (lons.push(point[0]), lats.push(point[1]));
  const least = (list) => list.reduce((m, n) => Math.min(m, n), 0), most = (list) => list.reduce((m, n) => Math.max(m, n), 0);
  const [west, east, south, north] = [least(lons), most(lons), least(lats), most(lats)];
  return [[west < -166 ? Math.min(-170, west - 5) : -170, Math.max(80, Math.min(90, north + 2))], [east > 176 ? east + 5 : 180, Math.max(-88, Math.min(-56, south - 2))]];
}

function drawMap(chart, size, state) {
  const parts = shows(state, "points") ? orderedSeries(chart, state) : [], s = surface(), shaded = !!chart.data.countries && shows(state, "countries");
  const amounts = shading(chart).of, measure = chart.size ?? "count";
  const ofCountry = (code) => amounts.has(code) ? `${countryName(code)}\n${words(measure)}: ${measureText(measure, amounts.get(code))}` : countryName(code);
  const option = { ...baseOption(), brush: brushOption({ geoIndex: 0 }),
    tooltip: tooltipOption({ formatter: (item) => item.seriesType !== "scatter" ? ofCountry(item.name) : item.seriesName === " countries" ? ofCountry(item.name)
      : `${pointText(chart, item)}\n${item.value[1].toFixed(1)}°, ${item.value[0].toFixed(1)}°` }),
    geo: { map: "world", roam: window.matchMedia("(pointer: coarse)").matches ? false : "move", silent: !shaded, tooltip: { show: shaded },
      boundingCoords: boundsOf(chart), left: 0, right: 0, top: size.head + 6, bottom: 4, zoom: state.zoom ?? 1,
      center: state.center, itemStyle: { areaColor: s.land, borderColor: s.border, borderWidth: 0.6 }, label: { show: false },
      emphasis: { label: { show: false }, itemStyle: { areaColor: s.land } }, regions: shaded ? regionsOf(chart) : [] },
    series: [shaded ? smallStates(chart) : null, ...parts.slice().reverse().map((one) => ({ type: "scatter", coordinateSystem: "geo", name: one.name, data: one.points,
      symbol: shapeOf(placeOf(chart.palette, one.name, one.rest)), symbolSize: dotSize(largestPoint(chart)), progressive: 2000, z: 3,
      itemStyle: { color: colourOf(chart.palette, one.name, one.rest), decal: decalOf(-1), opacity: 0.72, borderColor: s.page, borderWidth: 0.5 } }))].filter(Boolean) };
  return { option, height: size.head + Math.max(230, Math.min(600, 20 + size.width * 0.5)) };
}

/** What of the map is shown. */
function layerChoice(figure) {
  if (!figure.raw.data.countries) return [];
  const select = el("select", { "aria-label": "What the map shows" }, [["both", "points and countries"], ["points", "points"], ["countries", "countries"]]
    .map(([value, text]) => el("option", { value }, text)));
  select.addEventListener("change", () => {
    figure.state.layers = select.value;
    figure.draw();
  });
  return [select];
}

/** Zooms the map by a factor; 0 shows it whole. */
function zoomMap(figure, factor) {
  if (!figure.chart) return;
  const geo = figure.chart.getOption().geo[0];
  figure.state.zoom = Math.min(40, Math.max(1, (geo.zoom ?? 1) * factor));
  figure.state.center = factor === 0 || figure.state.zoom === 1 ? undefined : geo.center;
  figure.chart.setOption({ geo: { zoom: figure.state.zoom, center: figure.state.center ?? null } });
}

/** Buttons that zoom the map, so that the wheel stays the page's. */
function mapButtons(figure) {
  const button = (label, name, factor) => el("button", { type: "button", "aria-label": name, title: name, onclick: () => zoomMap(figure, factor) }, label);
  return [...layerChoice(figure), button("+", "Zoom in", 1.7), button("−", "Zoom out", 1 / 1.7), button("⟲", "Whole map", 0)];
}
