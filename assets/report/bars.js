// Options of bar charts: lying where the bars have names, standing where they have numbers or times; stacked, labelled,
// with whiskers from low to high.

/** Whiskers from `low` to `high` at each place of a series' values: a series of its own, above the marks. */
function whiskers(part, lies, places, name) {
  if (!part.low) return null;
  const data = part.low.map((low, i) => [places[i], low, part.high[i]]).filter((item) => item[1] !== null && item[2] !== null);
  return { type: "custom", name, silent: true, z: 10, tooltip: { show: false }, encode: lies ? { y: 0, x: [1, 2] } : { x: 0, y: [1, 2] }, data,
    renderItem: (params, api) => {
      const point = (value) => lies ? api.coord([value, api.value(0)]) : api.coord([api.value(0), value]);
      const [a, b] = [point(api.value(1)), point(api.value(2))], side = lies ? [0, 4] : [4, 0];
      const stroke = { stroke: surface().text, lineWidth: 1.3, fill: null };
      const line = (from, to) => ({ type: "line", shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] }, style: stroke });
      const cap = (at) => line([at[0] - side[0], at[1] - side[1]], [at[0] + side[0], at[1] + side[1]]);
      return { type: "group", children: [line(a, b), cap(a), cap(b)] };
    } };
}

function barNames(chart, data, lies, size) {
  if (data.axis_type === "time") {
    return axisOption("category", undefined, { data: data.axis, axisLabel: { formatter: (ms) => instantText(Number(ms)).slice(0, data.period === "month" ? 7 : 10) } });
  }
  return axisOption("category", lies ? undefined : chart.x_title ?? words(chart.x), { data: data.axis, inverse: lies,
    axisLabel: { formatter: (name) => chartText(name, size.width < 500 ? 16 : 28, chart.x), hideOverlap: !lies,
      interval: lies ? 0 : data.axis.length <= 20 ? 0 : "auto", rotate: !lies && size.width / data.axis.length < 54 ? 45 : 0 } });
}

function barLabel(chart, data, lies, several) {
  const s = surface(), base = { show: true, color: s.quiet, fontSize: 11, position: lies ? "right" : "top" };
  if (data.labels) return { ...base, formatter: (at) => `${chartText(data.labels[at.dataIndex], 22)} ${measureText(chart.y, at.value)}` };
  if (several || !lies) return { show: false };
  return { ...base, formatter: (at) => measureText(chart.y, at.value) };
}

function barSeries(chart, data, part, several, lies) {
  const plain = (name) => chart.palette === chart.x ? styleOf(chart.x, name, isRest(name)) : {};
  return { type: "bar", name: part.name, stack: several ? "all" : undefined, barMaxWidth: 26, barCategoryGap: data.axis_type === "time" ? "8%" : undefined,
    itemStyle: several ? styleOf(chart.palette, part.name, part.rest) : { color: PALETTES[theme.name][0], decal: decalOf(-1) },
    emphasis: { focus: several ? "series" : "none" }, label: part.low ? { show: false } : barLabel(chart, data, lies, several),
    data: several ? part.values : part.values.map((value, at) => ({ value, itemStyle: plain(data.axis[at]) })) };
}

function drawBar(chart, size, state) {
  const data = regrouped(chart.data, state.period), isTime = data.axis_type === "time";
  const lies = !isTime && (!!data.labels || data.axis.some((name) => Number.isNaN(Number(name))));
  const several = isColoured(chart) && chart.color !== chart.x, parts = orderedSeries({ ...chart, data }, state);
  const title = chart.y_title ?? (isShare(chart.y) ? "" : words(chart.y)), slides = isTime && data.axis.length > 12 && !theme.printing;
  const tip = (items) => partsText(isTime ? periodText(Number(items[0].name), data.period) : `${words(chart.x)} ${chartText(items[0].name, 60, chart.x)}`,
    items.map((item) => ({ name: several ? data.labels?.[item.dataIndex] ?? item.seriesName : chart.y_title ?? words(chart.y), value: item.value })), chart.y);
  const amounts = axisOption(chart.log ? "log" : "value", title + (data.period ? ` per ${data.period}` : ""),
    { axisLabel: measureLabel(chart.y), nameGap: lies ? 28 : 44, splitNumber: lies && size.width < 500 ? 3 : undefined, max: isShare(chart.y) && !chart.log ? roundShare : undefined, minInterval: leastStep(chart, parts) });
  const option = { ...baseOption(),
    grid: { left: 8, right: data.labels ? 150 : lies ? 64 : 16, top: size.head + 16, bottom: slides ? 44 : 6, ...within },
    tooltip: tooltipOption({ trigger: "axis", axisPointer: { type: "shadow" }, formatter: tip }),
    dataZoom: slides ? zoomSlider() : undefined, brush: isTime ? brushOption({ xAxisIndex: 0 }) : undefined,
    [lies ? "yAxis" : "xAxis"]: barNames(chart, data, lies, size), [lies ? "xAxis" : "yAxis"]: amounts,
    series: parts.flatMap((part) => [barSeries(chart, data, part, several, lies), whiskers(part, lies, data.axis.map((_, i) => i), part.name)].filter(Boolean)) };
  return { option, height: size.head + (lies ? 62 + data.axis.length * 24 : slides ? 400 : 360) };
}

/** Shares end at 100 %. */
function roundShare(range) { return range.max > 0.5 && range.max <= 1 ? 1 : undefined; }
