// The world map: outlines of the countries, and points on it sized by count and coloured by name.

const STEPS = 50; // the outlines' steps per degree (scripts/lib/world.mjs)

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

/** The packed outlines as GeoJSON. */
function worldFeatures(countries) {
  return { type: "FeatureCollection", features: countries.map(([number, name, polygons]) => ({ type: "Feature",
    properties: { name, number }, geometry: { type: "MultiPolygon", coordinates: polygons.map((rings) => rings.map(ringPoints)) } })) };
}

/** The part of the world that is shown: as wide as needed, the poles cut off where nothing is. */
function drawMap(chart, size, state) {
  const parts = orderedSeries(chart), s = surface();
  const lowest = chart.data.series.reduce((m, one) => one.points.reduce((n, point) => Math.min(n, point[1]), m), 90);
  const option = { ...baseOption(),
    tooltip: tooltipOption({ formatter: (item) => item.seriesType === "scatter"
      ? `${pointText(chart, item)}\n${item.value[1].toFixed(1)}°, ${item.value[0].toFixed(1)}°` : "" }),
    geo: { map: "world", roam: window.matchMedia("(pointer: coarse)").matches ? false : "move", silent: true,
      boundingCoords: [[-170, 80], [180, Math.min(-56, lowest)]], left: 0, right: 0, top: 44, bottom: 4, zoom: state.zoom ?? 1,
      center: state.center, itemStyle: { areaColor: s.land, borderColor: s.border, borderWidth: 0.6 } },
    legend: legendOption(parts.map((one) => one.name)),
    series: parts.slice().reverse().map((one) => ({ type: "scatter", coordinateSystem: "geo", name: one.name, data: one.points,
      symbolSize: dotSize(largestPoint(chart)), progressive: 2000,
      itemStyle: { color: colourOf(chart.palette, one.name, one.rest), opacity: 0.72, borderColor: s.page, borderWidth: 0.5 } })) };
  return { option, height: Math.max(260, Math.min(620, 60 + size.width * 0.5)) };
}

/** Buttons that zoom the map, so that the wheel stays the page's. */
function mapButtons(figure) {
  const step = (factor) => {
    const geo = figure.chart.getOption().geo[0];
    figure.state.zoom = Math.min(40, Math.max(1, (geo.zoom ?? 1) * factor));
    figure.state.center = factor === 0 || figure.state.zoom === 1 ? undefined : geo.center;
    figure.chart.setOption({ geo: { zoom: figure.state.zoom, center: figure.state.center ?? null } });
  };
  const button = (label, name, factor) => el("button", { type: "button", "aria-label": name, title: name,
    onclick: () => figure.chart && step(factor) }, label);
  return [button("+", "Zoom in", 1.7), button("−", "Zoom out", 1 / 1.7), button("⟲", "Whole map", 0)];
}
