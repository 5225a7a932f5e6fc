// Options of lines and areas over categories, time or numbers, with a slider where there is time; and of points.

/** The series' points in the order of the axis: [place, value]. */
function linePoints(data, part) {
  const points = data.axis.map((place, i) => [place, part.values[i]]);
  if (data.axis_type === "category") return part.values;
  return points.sort((a, b) => a[0] - b[0]);
}

function lineSeries(chart, data, part, several) {
  const isArea = chart.kind === "area";
  const style = several ? styleOf(chart.palette, part.name, part.rest) : { color: PALETTES[theme.name][0], decal: decalOf(-1) };
  const at = several ? placeOf(chart.palette, part.name, part.rest) : 0;
  const dashes = ["solid", "dashed", "dotted", [8, 3, 2, 3], [12, 4], [2, 6]];
  return { type: "line", name: part.name, stack: isArea && several ? "all" : undefined, showSymbol: data.axis.length < 20, connectNulls: !isArea,
    symbol: isArea ? "circle" : ["circle", "rect", "triangle", "diamond", "pin", "arrow"][Math.max(0, at) % 6], symbolSize: isArea ? 5 : 7, itemStyle: style,
    lineStyle: { width: isArea ? 0.8 : 2, color: style.color, type: isArea || !theme.patterns ? "solid" : dashes[Math.max(0, at) % 6] },
    areaStyle: isArea ? { color: style.color, opacity: several ? 0.85 : 0.35 } : undefined, emphasis: { focus: "series" },
    data: linePoints(data, part) };
}

function drawLine(chart, size, state) {
  const data = regrouped(chart.data, state.period), several = chart.color !== undefined;
  const parts = orderedSeries({ ...chart, data }, state), isTime = data.axis_type === "time";
  const type = isTime ? "time" : data.axis_type === "number" ? "value" : "category";
  const head = (place) => isTime ? periodText(place, data.period) : type === "value" ? `${words(chart.x)}: ${measureText(chart.x, place)}` : chartText(place);
  const yTitle = (chart.y_title ?? words(chart.y)) + (data.period ? ` per ${data.period}` : "");
  const xAxis = axisOption(type, isTime ? timeTitle(data.axis) : chart.x_title ?? words(chart.x), type === "category" ? { data: data.axis,
    axisLabel: { formatter: (name) => chartText(name, 20) } } : type === "value" ? { scale: true, axisLabel: measureLabel(chart.x) } : {});
  const option = { ...baseOption(),
    grid: { left: 8, right: 18, top: size.head + 18, bottom: isTime && data.axis.length > 12 && !theme.printing ? 44 : 6, ...within },
    tooltip: tooltipOption({ trigger: "axis", formatter: (items) => partsText(head(items[0].axisValue), items.map((item) => ({
      name: item.seriesName, value: Array.isArray(item.value) ? item.value[1] : item.value })), chart.y) }),
    xAxis, yAxis: axisOption(chart.log ? "log" : "value", yTitle, { axisLabel: measureLabel(chart.y), nameGap: 48,
      max: isShare(chart.y) && !chart.log ? roundShare : undefined, minInterval: leastStep(chart, parts), scale: chart.kind === "line" && !isShare(chart.y) ? undefined : false }),
    dataZoom: isTime && data.axis.length > 12 && !theme.printing ? zoomSlider() : undefined, brush: type === "category" ? undefined : brushOption({ xAxisIndex: 0 }),
    series: parts.flatMap((part) => [lineSeries(chart, data, part, several), whiskers(part, false, data.axis, part.name)].filter(Boolean)) };
  return { option, height: size.head + (size.width < 500 ? 320 : 380) };
}

/** A dot's area goes with its size; where all are small, so are the dots. */
function dotSize(largest) { return (value) => 4 + 22 * Math.sqrt(Math.max(0, value[2]) / Math.max(50, largest)); }

function largestPoint(chart) {
  return chart.data.series.reduce((most, one) => one.points.reduce((m, point) => Math.max(m, point[2]), most), 1);
}

function pointText(chart, item) {
  const name = item.value[4] || item.seriesName;
  const label = item.value[3] ? ` · ${chartText(item.value[3], 60)}` : "";
  const amount = chart.size ? `\n${words(chart.size)}: ${measureText(chart.size, item.value[2])}` : "";
  return `${chartText(name, 60)}${label}${amount}`;
}

function drawScatter(chart, size, state) {
  const parts = orderedSeries(chart, state), { x_type: xType, y_type: yType } = chart.data;
  const axis = (type, key) => axisOption(chart.log && key === "y" && type === "number" ? "log" : type === "number" ? "value" : type,
    chart[key + "_title"] ?? words(chart[key]), type === "number" ? { axisLabel: measureLabel(chart[key]), scale: true } : {});
  const place = (type, key, value) => `${words(chart[key])}: ${type === "time" ? instantText(value) : measureText(chart[key], value)}`;
  const option = { ...baseOption(), brush: brushOption({ xAxisIndex: 0 }),
    grid: { left: 8, right: 18, top: size.head + 18, bottom: 6, ...within },
    tooltip: tooltipOption({ formatter: (item) => `${pointText(chart, item)}\n${place(xType, "x", item.value[0])}, ${place(yType, "y", item.value[1])}` }),
    xAxis: axis(xType, "x"), yAxis: { ...axis(yType, "y"), nameGap: 48 },
    series: parts.map((one) => ({ type: "scatter", name: one.name, data: one.points, symbol: shapeOf(placeOf(chart.palette, one.name, one.rest)), symbolSize: chart.size ? dotSize(largestPoint(chart)) : 7,
      itemStyle: { color: colourOf(chart.palette, one.name, one.rest), decal: decalOf(-1), opacity: 0.7 } })) };
  return { option, height: size.head + 400 };
}
