// Time on axes: days, weeks and months, and sums over them.

const DAY_MS = 86400000;
const MOST_STEPS = 3000; // of an axis without gaps

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

/** A time axis of hours, minutes or seconds without gaps: where nothing was counted there is a zero, not a slope. */
function evened(data) {
  const first = Math.min(...data.axis), span = Math.max(...data.axis) - first;
  const step = [3600000, 60000, 1000].find((unit) => data.axis.every((ms) => ms % unit === 0));
  if (!step || span / step >= MOST_STEPS) return data;
  const at = new Map(data.axis.map((ms, i) => [ms, i])), whole = Array.from({ length: span / step + 1 }, (_, i) => first + i * step);
  return { ...data, axis: whole, series: data.series.map((one) => ({ ...one, values: whole.map((ms) => one.values[at.get(ms)] ?? 0) })) };
}

/** Makes a chart of amounts over time fit to be drawn: gaps are zeros, and an area of one or two places is bars. */
function fitTime(chart) {
  const { data } = chart;
  if (chart.kind === "line" || data.axis.length === 0 || data.series.some((one) => one.low)) return;
  if (!stepOf(data.axis)) chart.data = evened(data);
  if (chart.kind === "area" && regrouped(chart.data, fittingPeriod(chart)).axis.length < 3) Object.assign(chart, { kind: "bar", stacked: true });
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

/** Says of weeks and months at the ends of a figure that the data has a part of them only. */
function endsText(chart, state) {
  const { data } = chart, unit = state.period, step = unit && stepOf(data.axis);
  if (!unit || step === unit) return "";
  const first = Math.min(...data.axis), last = nextPeriod(Math.max(...data.axis), step) - 1;
  const parts = [[first > periodOf(first, unit), "first", `starts on ${instantText(first)}`],
    [last < nextPeriod(periodOf(last, unit), unit) - 1, "last", `ends on ${instantText(last).slice(0, 10)}`]].filter((one) => one[0]);
  if (parts.length === 0) return "";
  return `The ${parts.map((one) => one[1]).join(" and the ")} ${unit} ${parts.length > 1 ? "are" : "is"} not whole: the data ${parts.map((one) => one[2]).join(" and ")}.`;
}

/** What a time axis is called: its year where it has no other, its day. */
function timeTitle(axis) {
  const [first, last] = [Math.min(...axis), Math.max(...axis)].map((ms) => new Date(ms).toISOString());
  return first.slice(0, 10) === last.slice(0, 10) ? first.slice(0, 10) : first.slice(0, 4) === last.slice(0, 4) ? first.slice(0, 4) : undefined;
}

/** What stands at a time axis: years, months and days where they begin, else the hour. */
function timeLabel(ms) {
  const date = new Date(ms), say = (parts) => new Intl.DateTimeFormat("en", { ...parts, timeZone: "UTC" }).format(date);
  if (date.getUTCHours() + date.getUTCMinutes() + date.getUTCSeconds() > 0) {
    return date.toISOString().slice(11, date.getUTCSeconds() > 0 ? 19 : 16);
  }
  if (date.getUTCDate() > 1) return say({ day: "numeric", month: "short" });
  if (date.getUTCMonth() > 0) return say({ month: "short" });
  return String(date.getUTCFullYear());
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
