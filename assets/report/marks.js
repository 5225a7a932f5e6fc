// The marks of a figure one by one: what each says, and which rows it stands for. The keyboard walks through them, a click
// finds one. A figure is a grid of marks: columns along its axis, rows for its names.

/** What stands at one place of an axis, of all names or of one. */
function axisMark(chart, data, parts, at, row) {
  const isTime = data.axis_type === "time", place = data.axis[at];
  const head = isTime ? periodText(place, data.period) : `${words(chart.x)} ${nameText(place, 60, chart.x)}`;
  const shown = (row > 0 ? [parts[row - 1]] : parts).filter(Boolean);
  const said = shown.filter((one) => one.values[at] !== null).sort((a, b) => b.values[at] - a.values[at]).slice(0, 6)
    .map((one) => (isColoured(chart) || parts.length > 1 ? nameText(data.labels?.[at] ?? one.name) + " " : "") + measureText(chart.y, one.values[at]));
  const conditions = [];
  if (!isTime && data.axis_type === "category" && !isRest(place)) conditions.push(isValue(chart.x, place));
  if (isTime) conditions.push(isBetween(chart.x, place, periodEnd(data, at), true));
  if (row > 0 && chart.color && !isRest(parts[row - 1].name) && chart.color !== chart.x) conditions.push(isValue(chart.color, parts[row - 1].name));
  return { text: `${head}: ${said.join(", ") || "nothing"}`, conditions, tip: { seriesIndex: Math.max(0, row - 1), dataIndex: at } };
}

function pointMark(chart, one, point) {
  const name = point[4] || one.name, conditions = [];
  if (chart.color && !isRest(name)) conditions.push(isValue(chart.color, name));
  if (chart.kind === "map") conditions.push(isBetween(chart.lat, point[1], point[1]), isBetween(chart.lon, point[0], point[0]));
  else conditions.push(isBetween(chart.x, point[0], point[0], chart.data.x_type === "time"), isBetween(chart.y, point[1], point[1], chart.data.y_type === "time"));
  const where = chart.kind === "map" ? `at ${point[1].toFixed(1)}°, ${point[0].toFixed(1)}°`
    : `${words(chart.x)} ${chart.data.x_type === "time" ? instantText(point[0]) : measureText(chart.x, point[0])}, ${words(chart.y)} ${measureText(chart.y, point[1])}`;
  return { text: `${nameText(name)}${point[3] ? ", " + nameText(point[3]) : ""}, ${where}${chart.size ? `: ${words(chart.size)} ${measureText(chart.size, point[2])}` : ""}`, conditions };
}

function linkMark(chart, link) {
  const [from, to, amount, stage = 0] = link;
  const columns = chart.data.stages ? [chart.data.stages[stage], chart.data.stages[stage + 1]] : [chart.source, chart.target];
  return { text: `${nameText(from, 60, columns[0])} and ${nameText(to, 60, columns[1])}: ${words(chart.size ?? "links")} ${measureText(chart.size ?? "links", amount)}`,
    conditions: [isValue(columns[0], from), isValue(columns[1], to)] };
}

function countryMark(chart, [code, amount]) {
  return { text: `${countryName(code)}: ${words(chart.size ?? "count")} ${measureText(chart.size ?? "count", amount)}`,
    conditions: [isValue(chart.country, code)] };
}

/** The marks of a figure: how many columns and rows, and `at(column, row)`. */
function marksOf(chart, state) {
  const { data } = chart;
  if (data.series?.[0]?.values) {
    const grouped = regrouped(data, state.period), parts = orderedSeries({ ...chart, data: grouped }, state);
    return { columns: grouped.axis.length, rows: parts.length > 1 ? parts.length + 1 : 1,
      at: (column, row) => axisMark(chart, grouped, parts, column, parts.length > 1 ? row : 0) };
  }
  if (data.series) {
    const all = orderedSeries(chart, state).flatMap((one) => one.points.map((point) => [one, point])).sort((a, b) => b[1][2] - a[1][2]);
    const countries = data.countries ?? [];
    return { columns: all.length, rows: countries.length > 0 ? 2 : 1, width: (row) => row === 1 ? countries.length : all.length,
      at: (column, row) => row === 1 ? countryMark(chart, countries[column]) : pointMark(chart, ...all[column]) };
  }
  if (data.cells) {
    const by = new Map(data.cells.map((cell) => [cell[0] + " " + cell[1], cell[2]])), measure = chart.size ?? chart.color ?? "count";
    return { columns: data.axis.length, rows: data.rows.length, at: (column, row) => ({
      text: `${words(chart.y)} ${nameText(data.rows[row])}, ${words(chart.x)} ${nameText(data.axis[column])}: ${measureText(measure, by.get(column + " " + row) ?? 0)}`,
      conditions: [isValue(chart.x, data.axis[column]), isValue(chart.y, data.rows[row])] }) };
  }
  if (data.counts) {
    return { columns: data.counts.length, rows: 1, at: (i) => ({ text: `${edgeText(data, i)} to ${edgeText(data, i + 1)}: ${numberText(data.counts[i])}`,
      conditions: [isBetween(chart.x, data.edges[i], data.edges[i + 1], data.x_type === "time")], tip: { seriesIndex: 0, dataIndex: i } }) };
  }
  if (data.boxes) {
    return { columns: data.boxes.length, rows: 1, at: (i) => ({ text: `${nameText(data.axis[i])}: median ${measureText(chart.y, data.boxes[i][2])}, from ${
      measureText(chart.y, data.boxes[i][0])} to ${measureText(chart.y, data.boxes[i][4])}`, conditions: chart.x ? [isValue(chart.x, data.axis[i])] : [] }) };
  }
  return { columns: data.links.length, rows: 1, at: (i) => linkMark(chart, data.links[i]) };
}

/** The conditions of what was clicked, as the library names it. */
function clickedConditions(chart, state, item) {
  const { data } = chart;
  if (item.componentType === "geo") return data.countries.some(([code]) => code === item.name) ? [isValue(chart.country, item.name)] : [];
  if (chart.kind === "map" && item.seriesName === " countries") return [isValue(chart.country, item.name)];
  if (data.stages) {
    if (item.dataType === "edge") return linkMark(chart, [item.data.source.slice(2), item.data.target.slice(2), 0, Number(item.data.source[0])]).conditions;
    return [isValue(data.stages[Number(item.name[0])], item.name.slice(2))];
  }
  if (data.links) return item.dataType === "edge" ? linkMark(chart, [item.data.source, item.data.target, 0]).conditions : [isEnd([chart.source, chart.target], item.name)];
  if (data.cells) return marksOf(chart, state).at(item.value[0], item.value[1]).conditions;
  if (data.counts || data.boxes) return marksOf(chart, state).at(item.dataIndex, 0).conditions;
  const parts = orderedSeries(chart, state), at = parts.findIndex((one) => one.name === item.seriesName);
  if (parts[at]?.points) return pointMark(chart, parts[at], item.value).conditions;
  const grouped = regrouped(data, state.period), places = chart.kind !== "bar" && data.axis_type === "number" ? null : item.dataIndex;
  if (places === null) return chart.color ? [isValue(chart.color, item.seriesName)] : [];
  return axisMark(chart, grouped, orderedSeries({ ...chart, data: grouped }, state), places, at + 1).conditions;
}

/** The conditions of a part that was framed, given by the library in the axes' own terms. */
function brushedConditions(chart, state, range) {
  if (chart.kind === "map") return [isBetween(chart.lon, ...range[0]), isBetween(chart.lat, ...range[1])];
  if (chart.kind === "scatter") {
    return [isBetween(chart.x, ...range[0], chart.data.x_type === "time"), isBetween(chart.y, ...range[1], chart.data.y_type === "time")];
  }
  const isTime = chart.data.axis_type === "time";
  if (chart.kind !== "bar") return [isBetween(chart.x, range[0], range[1], isTime)];
  const grouped = regrouped(chart.data, state.period), at = (i) => Math.max(0, Math.min(grouped.axis.length - 1, Math.round(i)));
  return [isBetween(chart.x, grouped.axis[at(range[0])], periodEnd(grouped, at(range[1])), isTime)];
}
