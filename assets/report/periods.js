// Time on axes: days, weeks and months, and sums over them.

const DAY_MS = 86400000;

/** The start of the day, week (Monday) or month that a time lies in. */
function periodOf(ms, unit) {
  const date = new Date(ms);
  const day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  if (unit === "month") return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  return unit === "week" ? day - ((date.getUTCDay() + 6) % 7) * DAY_MS : day;
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
  return { ...data, axis, series, period: unit };
}

/** The periods that a chart over time can be shown by: those that are longer than the data's own step. */
function periodsOf(chart) {
  const { axis, axis_type: type, series } = chart.data;
  if (chart.kind === "line" || type !== "time" || axis.length < 60) return [];
  if (series.some((one) => one.values.some((value) => value !== null && !Number.isInteger(value)))) return [];
  const step = axis[1] - axis[0];
  if (step >= 28 * DAY_MS || axis.some((ms) => ms % DAY_MS !== 0)) return [];
  return step >= 7 * DAY_MS ? ["week", "month"] : ["day", "week", "month"];
}

/** The period at which the whole time fits the eye. */
function fittingPeriod(chart) {
  const periods = periodsOf(chart);
  if (periods.length < 3) return periods[0];
  const n = chart.data.axis.length;
  return n <= 200 ? "day" : n <= 1500 ? "week" : "month";
}

/** A place on a time axis in words: "week of 2021-09-06", "September 2021". */
function periodText(ms, unit) {
  if (unit === "month") return new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" }).format(ms);
  return (unit === "week" ? "week of " : "") + instantText(ms);
}

/** The last moment before the next place of the axis. */
function periodEnd(data, at) {
  if (data.period === "month") {
    const date = new Date(data.axis[at]);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) - 1;
  }
  if (data.period) return data.axis[at] + (data.period === "week" ? 7 : 1) * DAY_MS - 1;
  return data.axis[at];
}
