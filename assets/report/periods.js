// Time on axes: days, weeks and months, and sums over them.

const DAY_MS = 86400000;

/** The start of the day, week (Monday) or month that a time lies in. */
function periodOf(ms, unit) {
  const date = new Date(ms);
  const day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  if (unit === "month") return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  return unit === "week" ? day - ((date.getUTCDay() + 6) % 7) * DAY_MS : day;
}

/** The start of the period after the one that starts at `ms`. */
function nextPeriod(ms, unit) {
  const date = new Date(ms);
  return unit === "month" ? Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) : ms + (unit === "week" ? 7 : 1) * DAY_MS;
}

/** Sums over periods, from the first to the last without a gap: the axis and each series' values. */
function regrouped(data, unit) {
  if (!unit) return data;
  const starts = data.axis.map((ms) => periodOf(ms, unit)), axis = [], at = new Map();
  const last = Math.max(...starts);
  for (let ms = Math.min(...starts); ms <= last; ms = nextPeriod(ms, unit)) at.set(ms, axis.push(ms) - 1);
  const series = data.series.map((one) => {
    const values = axis.map(() => 0);
    one.values.forEach((value, i) => { values[at.get(starts[i])] += value ?? 0; });
    return { ...one, values };
  });
  return { ...data, axis, series, period: unit };
}

/** What a time axis is made of: months, weeks, days; nothing of these for other times. */
function stepOf(axis) {
  return ["month", "week", "day"].find((unit) => axis.every((ms) => periodOf(ms, unit) === ms));
}

/** The periods that a chart over time can be shown by: its own, and longer ones. */
function periodsOf(chart) {
  const { axis, axis_type: type, series } = chart.data;
  if (chart.kind === "line" || type !== "time" || axis.length < 2) return [];
  if (series.some((one) => one.low || one.values.some((value) => value !== null && !Number.isInteger(value)))) return [];
  const step = stepOf(axis), all = ["day", "week", "month"];
  if (!step || (Math.max(...axis) - Math.min(...axis)) / DAY_MS > 20000) return [];
  return axis.length < 30 ? [step] : all.slice(all.indexOf(step));
}

/** The period at which the whole time fits the eye. */
function fittingPeriod(chart) {
  const periods = periodsOf(chart);
  if (periods.length < 3) return periods[0];
  const days = (Math.max(...chart.data.axis) - Math.min(...chart.data.axis)) / DAY_MS;
  return days <= 200 ? "day" : days <= 1500 ? "week" : "month";
}

/** A place on a time axis in words: "week of 2021-09-06", "September 2021". */
function periodText(ms, unit) {
  if (unit === "month") return new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" }).format(ms);
  return (unit === "week" ? "week of " : "") + instantText(ms);
}

/** The last moment before the next place of the axis. */
function periodEnd(data, at) {
  return data.period ? nextPeriod(data.axis[at], data.period) - 1 : data.axis[at];
}
