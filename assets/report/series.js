// Options of the charts with axes: bars, lines and areas over categories, time or numbers; points; heatmaps; histograms;
// boxes. Each takes the chart and the size it has, and gives { option, height }.

/** The series of a chart in the order in which they are stacked. */
function orderedSeries(chart) {
  return chart.data.series.slice().sort((a, b) => rankOf(chart.palette, a.name, a.rest) - rankOf(chart.palette, b.name, b.rest)
    || a.rest - b.rest);
}

function isColoured(chart) { return chart.color !== undefined && chart.palette === chart.color; }

/** Bars lie when their names are text: names are long. */
function drawBar(chart, size) {
  const { axis, series } = chart.data;
  const lies = axis.some((name) => Number.isNaN(Number(name)));
  const stacked = orderedSeries(chart);
  const several = isColoured(chart);
  const s = surface();
  const names = axisOption("category", lies ? undefined : chart.x_title ?? words(chart.x), { data: axis, inverse: lies,
    axisLabel: { formatter: (name) => chartText(name, size.width < 500 ? 16 : 28), hideOverlap: !lies,
      interval: lies ? 0 : "auto" } });
  const title = chart.y_title ?? (isShare(chart.y) ? "" : words(chart.y));
  const amounts = axisOption(chart.log ? "log" : "value", title, { axisLabel: measureLabel(chart.y), nameGap: lies ? 28 : 44 });
  const labelled = chart.data.labels ?? null;
  const one = (part, i) => ({ type: "bar", name: part.name, stack: several ? "all" : undefined, barMaxWidth: 26,
    itemStyle: several ? { color: colourOf(chart.palette, part.name, part.rest) } : undefined,
    emphasis: { focus: several ? "series" : "none" },
    label: several && !labelled ? { show: false } : { show: lies && !several || !!labelled && i >= 0, color: s.quiet,
      fontSize: 11, position: lies ? "right" : "top",
      formatter: (at) => labelled ? (lies ? chartText(labelled[at.dataIndex], 20) : "") : measureText(chart.y, at.value) },
    data: several ? part.values : part.values.map((value, at) => ({ value,
      itemStyle: { color: chart.palette === chart.x ? colourOf(chart.x, axis[at], /^other \(/.test(axis[at])) : undefined } })) });
  const tip = (items) => partsText(`${words(chart.x)} ${chartText(items[0].name)}`, items.map((item) => ({
    name: several ? labelled?.[item.dataIndex] ?? item.seriesName : words(chart.y), value: item.value })), chart.y);
  const option = { ...baseOption(),
    grid: { left: 8, right: lies ? 64 : 16, top: several ? 44 : 16, bottom: 30, ...within },
    tooltip: tooltipOption({ trigger: "axis", axisPointer: { type: "shadow" }, formatter: tip }),
    [lies ? "yAxis" : "xAxis"]: names, [lies ? "xAxis" : "yAxis"]: amounts, series: stacked.map(one) };
  if (several) option.legend = legendOption(stacked.map((part) => part.name));
  return { option, height: lies ? 90 + axis.length * 24 + (several ? 30 : 0) : 380 };
}

/** The start of the day, week (Monday) or month that a time lies in. */
function periodOf(ms, unit) {
  const date = new Date(ms);
  const day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  if (unit === "month") return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  return unit === "week" ? day - ((date.getUTCDay() + 6) % 7) * 86400000 : day;
}

/** Sums over longer periods: the axis and each series' values. */
function regrouped(data, unit) {
  if (!unit) return data;
  const axis = [], at = new Map();
  const places = data.axis.map((ms) => {
    const period = periodOf(ms, unit);
    if (!at.has(period)) at.set(period, axis.push(period) - 1);
    return at.get(period);
  });
  const series = data.series.map((one) => {
    const values = axis.map(() => 0);
    one.values.forEach((value, i) => { values[places[i]] += value ?? 0; });
    return { ...one, values };
  });
  return { ...data, axis, series };
}

/** The periods a chart over time can be shown by: those that are longer than the data's own step. */
function periodsOf(chart) {
  const { axis, axis_type: type } = chart.data;
  if (chart.kind !== "area" || type !== "time" || axis.length < 60) return [];
  const step = axis[1] - axis[0];
  if (step >= 28 * 86400000) return [];
  return step >= 7 * 86400000 ? ["week", "month"] : ["day", "week", "month"];
}

/** The period at which the whole time fits the eye. */
function fittingPeriod(chart) {
  const periods = periodsOf(chart);
  if (periods.length < 3) return periods[0];
  const n = chart.data.axis.length;
  return n <= 200 ? "day" : n <= 1500 ? "week" : "month";
}

function drawLine(chart, size, state) {
  const data = regrouped(chart.data, state.period);
  const several = chart.color !== undefined, isArea = chart.kind === "area";
  const parts = orderedSeries({ ...chart, data });
  const isTime = data.axis_type === "time";
  const type = isTime ? "time" : data.axis_type === "number" ? "value" : "category";
  const point = (value, i) => type === "category" ? value : [data.axis[i], value];
  const option = { ...baseOption(),
    grid: { left: 8, right: 18, top: several ? 44 : 18, bottom: isTime ? 44 : 30, ...within },
    tooltip: tooltipOption({ trigger: "axis", formatter: (items) => partsText(
      isTime ? instantText(items[0].axisValue) : chartText(items[0].axisValue),
      items.map((item) => ({ name: item.seriesName, value: Array.isArray(item.value) ? item.value[1] : item.value })), chart.y) }),
    xAxis: axisOption(type, isTime ? undefined : chart.x_title ?? words(chart.x), type === "category" ? { data: data.axis,
      axisLabel: { formatter: (name) => chartText(name, 20) } } : {}),
    yAxis: axisOption(chart.log ? "log" : "value", chart.y_title ?? words(chart.y), { axisLabel: measureLabel(chart.y), nameGap: 48 }),
    dataZoom: isTime && data.axis.length > 12 ? zoomSlider() : undefined,
    series: parts.map((one) => {
      const color = several ? colourOf(chart.palette, one.name, one.rest) : PALETTES[theme.name][0];
      return { type: "line", name: one.name, stack: isArea && several ? "all" : undefined, showSymbol: data.axis.length < 20,
        symbolSize: 5, itemStyle: { color }, lineStyle: { width: isArea ? 0.8 : 2, color },
        areaStyle: isArea ? { color, opacity: several ? 0.85 : 0.35 } : undefined, emphasis: { focus: "series" },
        data: one.values.map(point) };
    }) };
  if (several) option.legend = legendOption(parts.map((one) => one.name));
  return { option, height: size.width < 500 ? 340 : 400 };
}

/** A dot's area goes with its size. */
function dotSize(largest) { return (value) => 4 + 22 * Math.sqrt(Math.max(0, value[2]) / Math.max(1, largest)); }

function largestPoint(chart) {
  return chart.data.series.reduce((most, one) => one.points.reduce((m, point) => Math.max(m, point[2]), most), 1);
}

function pointText(chart, item) {
  const name = item.value[4] || item.seriesName;
  const label = item.value[3] ? ` · ${chartText(item.value[3], 60)}` : "";
  const amount = chart.size ? `\n${words(chart.size)}: ${measureText(chart.size, item.value[2])}` : "";
  return `${chartText(name, 60)}${label}${amount}`;
}

function drawScatter(chart) {
  const parts = orderedSeries(chart);
  const axis = (type, key) => axisOption(type === "number" ? "value" : type, chart[key + "_title"] ?? words(chart[key]),
    type === "number" ? { axisLabel: measureLabel(chart[key]), scale: true } : {});
  const option = { ...baseOption(),
    grid: { left: 8, right: 18, top: chart.color ? 44 : 18, bottom: 30, ...within },
    tooltip: tooltipOption({ formatter: (item) => `${pointText(chart, item)}\n${words(chart.x)}: ${
      chart.data.x_type === "time" ? instantText(item.value[0]) : measureText(chart.x, item.value[0])}, ${
      words(chart.y)}: ${measureText(chart.y, item.value[1])}` }),
    xAxis: axis(chart.data.x_type, "x"), yAxis: { ...axis(chart.data.y_type, "y"), nameGap: 48 },
    series: parts.map((one) => ({ type: "scatter", name: one.name, data: one.points, symbolSize: chart.size ?
      dotSize(largestPoint(chart)) : 7, itemStyle: { color: colourOf(chart.palette, one.name, one.rest), opacity: 0.7 } })) };
  if (chart.color) option.legend = legendOption(parts.map((one) => one.name));
  return { option, height: 420 };
}

function drawHeatmap(chart, size) {
  const { axis, rows, cells } = chart.data, s = surface();
  const most = cells.reduce((m, cell) => Math.max(m, cell[2] ?? 0), 0);
  const measure = chart.size ?? chart.color ?? "count";
  const label = { formatter: (name) => chartText(name, size.width < 500 ? 10 : 18) };
  const option = { ...baseOption(), grid: { left: 8, right: 18, top: 12, bottom: 70, ...within },
    tooltip: tooltipOption({ formatter: (item) => `${chartText(axis[item.value[0]])} / ${chartText(rows[item.value[1]])}\n${
      words(measure)}: ${measureText(measure, item.value[2])}` }),
    xAxis: axisOption("category", undefined, { data: axis, axisLabel: { ...label, rotate: axis.length > 8 ? 45 : 0 } }),
    yAxis: axisOption("category", undefined, { data: rows, inverse: true, axisLabel: { ...label, interval: 0 } }),
    visualMap: { min: 0, max: most || 1, calculable: true, orient: "horizontal", left: "center", bottom: 0,
      inRange: { color: [s.low, s.high] }, textStyle: { color: s.quiet }, formatter: (v) => measureText(measure, v) },
    series: [{ type: "heatmap", data: cells, itemStyle: { borderColor: s.page, borderWidth: 1 } }] };
  return { option, height: 160 + rows.length * 24 };
}

function drawHistogram(chart) {
  const { edges, counts, x_type: type } = chart.data;
  const edge = (value) => type === "time" ? instantText(value) : numberText(value);
  const option = { ...baseOption(), grid: { left: 8, right: 18, top: 18, bottom: 30, ...within },
    tooltip: tooltipOption({ trigger: "axis", axisPointer: { type: "shadow" }, formatter: (items) =>
      `${edge(edges[items[0].dataIndex])} to ${edge(edges[items[0].dataIndex + 1])}: ${numberText(items[0].value)}` }),
    xAxis: axisOption("category", chart.x_title ?? words(chart.x), { data: counts.map((_, i) => edge(edges[i])) }),
    yAxis: axisOption(chart.log ? "log" : "value", chart.y_title ?? words(chart.y ?? "count"), { nameGap: 48 }),
    series: [{ type: "bar", barCategoryGap: "4%", data: counts, itemStyle: { color: PALETTES[theme.name][0] } }] };
  return { option, height: 360 };
}

function drawBox(chart) {
  const { axis, boxes } = chart.data, s = surface();
  const terms = ["least", "lower quartile", "median", "upper quartile", "most"];
  const option = { ...baseOption(), grid: { left: 8, right: 18, top: 18, bottom: 30, ...within },
    tooltip: tooltipOption({ formatter: (item) => [chartText(axis[item.dataIndex]), ...boxes[item.dataIndex].map((value, i) =>
      `${terms[i]}: ${measureText(chart.y, value)}`)].join("\n") }),
    yAxis: axisOption("category", undefined, { data: axis, inverse: true, axisLabel: { formatter: (n) => chartText(n, 24), interval: 0 } }),
    xAxis: axisOption(chart.log ? "log" : "value", chart.y_title ?? words(chart.y), { axisLabel: measureLabel(chart.y) }),
    series: [{ type: "boxplot", data: boxes, boxWidth: [6, 16], itemStyle: { color: s.low, borderColor: PALETTES[theme.name][0] } }] };
  return { option, height: 90 + axis.length * 28 };
}
