// Options of heatmaps, histograms and boxes.

function drawHeatmap(chart, size) {
  const { axis, rows, cells } = chart.data, s = surface();
  const most = cells.reduce((m, cell) => Math.max(m, cell[2] ?? 0), 0);
  const measure = chart.size ?? chart.color ?? "count";
  const label = { formatter: (name) => chartText(name, size.width < 500 ? 10 : 18) };
  const roomy = size.width / (axis.length + 4) > 26;
  const option = { ...baseOption(), grid: { left: 8, right: 18, top: size.head + 12, bottom: 76, ...within },
    tooltip: tooltipOption({ formatter: (item) => `${words(chart.y)} ${chartText(rows[item.value[1]])}, ${words(chart.x)} ${chartText(axis[item.value[0]])}\n${
      words(measure)}: ${measureText(measure, item.value[2])}` }),
    xAxis: axisOption("category", undefined, { data: axis, position: "top",
      axisLabel: { ...label, rotate: axis.length > 8 ? 45 : 0 } }),
    yAxis: axisOption("category", undefined, { data: rows, inverse: true,
      axisLabel: { ...label, interval: 0 } }),
    visualMap: { min: 0, max: most || 1, calculable: true, orient: "horizontal", left: "center", bottom: 0,
      inRange: { color: [s.low, s.high] }, textStyle: { color: s.quiet }, formatter: (v) => measureText(measure, v) },
    series: [{ type: "heatmap", data: cells, itemStyle: { borderColor: s.page, borderWidth: 1 }, label: { show: roomy, fontSize: 10,
      formatter: (item) => item.value[2] ? measureText(measure, item.value[2]) : "" }, labelLayout: { hideOverlap: true } }] };
  return { option, height: size.head + 190 + rows.length * 24 };
}

/** The n-th edge of a histogram's bins, in words. */
function edgeText(data, i) { return data.x_type === "time" ? instantText(data.edges[i]) : numberText(data.edges[i]); }

/** The edges of the bins where they are, below the bars. */
function edgeAxis(chart, size) {
  const { edges, x_type: type } = chart.data, n = edges.length - 1, most = Math.max(3, Math.min(10, Math.floor(size.width / (type === "time" ? 130 : 70))));
  const every = Math.ceil(n / most);
  return { ...axisOption("value", chart.x_title ?? words(chart.x), { axisLabel: { formatter: type === "time" ? (ms) => instantText(ms) : (value) => numberText(Number(value.toPrecision(12))) } }),
    position: "bottom", min: edges[0], max: edges[n], interval: every * (edges[1] - edges[0]), splitLine: { show: false }, axisTick: { show: true }, axisLine: { show: true, onZero: false } };
}

function drawHistogram(chart, size) {
  const { data } = chart;
  const option = { ...baseOption(), grid: { left: 8, right: 18, top: size.head + 18, bottom: 6, ...within },
    tooltip: tooltipOption({ trigger: "axis", axisPointer: { type: "shadow" }, formatter: ([item]) =>
      `${words(chart.x)} ${edgeText(data, item.dataIndex)} to ${edgeText(data, item.dataIndex + 1)}\n${words(chart.y ?? "count")}: ${numberText(item.value)}` }),
    xAxis: [{ ...axisOption("category", undefined, { data: data.counts.map((_, i) => edgeText(data, i)) }), show: false }, edgeAxis(chart, size)],
    yAxis: axisOption(chart.log ? "log" : "value", chart.y_title ?? words(chart.y ?? "count"), { nameGap: 48 }),
    series: [{ type: "bar", barCategoryGap: "4%", data: data.counts, itemStyle: { color: PALETTES[theme.name][0], decal: decalOf(-1) } }] };
  return { option, height: size.head + 340 };
}

function drawBox(chart, size) {
  const { axis, boxes } = chart.data, s = surface();
  const terms = ["least", "lower quartile", "median", "upper quartile", "most"];
  const option = { ...baseOption(), grid: { left: 8, right: 18, top: size.head + 18, bottom: 6, ...within },
    tooltip: tooltipOption({ formatter: (item) => [chartText(axis[item.dataIndex]), ...boxes[item.dataIndex].map((value, i) =>
      `${terms[i]}: ${measureText(chart.y, value)}`)].join("\n") }),
    yAxis: axisOption("category", undefined, { data: axis, inverse: true, axisLabel: { formatter: (n) => chartText(n, 24), interval: 0 } }),
    xAxis: axisOption(chart.log ? "log" : "value", chart.y_title ?? words(chart.y), { axisLabel: measureLabel(chart.y) }),
    series: [{ type: "boxplot", data: boxes, boxWidth: [6, 16], itemStyle: { color: s.low, borderColor: PALETTES[theme.name][0] } }] };
  return { option, height: size.head + 90 + axis.length * 28 };
}
