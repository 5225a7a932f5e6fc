// What all charts share: fonts, axes, legend, tooltip. Options are plain data; texts in them go through nameText, and
// braces are broken so that the library reads no markup of its own in them.

/** A text for the library, which keeps texts as keys of plain objects: one that every object has, such as __proto__, is
 * broken, too. */
function chartText(text, most, column) {
  const shown = nameText(text, most, column).replaceAll("{", "{\u200b");
  return shown in Object.prototype ? shown[0] + "\u200b" + shown.slice(1) : shown;
}

function baseOption() {
  const s = surface();
  return {
    backgroundColor: "transparent",
    color: PALETTES[theme.name],
    textStyle: { fontFamily: "system-ui, sans-serif", color: s.text },
    animation: false,
    useUTC: true, // as the tables have it, wherever the reader is
    toolbox: { show: false },
    aria: { enabled: true, label: { enabled: false }, decal: { show: theme.patterns } },
  };
}

function tooltipOption(more) {
  const s = surface();
  return { renderMode: "richText", confine: true, backgroundColor: s.hint, borderColor: s.border, borderWidth: 1,
    textStyle: { color: s.text, fontSize: 12 }, ...more };
}

/** The legend of a figure that is saved: the page's own is made of buttons (legend.js). */
function legendOption(names) {
  const s = surface();
  return { type: "plain", top: 30, left: 8, right: 8, itemWidth: 14, itemHeight: 10, icon: "roundRect", data: names, selectedMode: false,
    textStyle: { color: s.text, fontSize: 12 }, formatter: (name) => chartText(name, 26) };
}

/** What is picked by dragging: the library's own frame goes as soon as the tables follow. */
function brushOption(where) {
  const s = surface();
  return { ...where, toolbox: [], brushMode: "single", removeOnClick: true, transformable: false, outOfBrush: { colorAlpha: 1 },
    brushStyle: { borderWidth: 1, color: theme.name === "dark" ? "rgba(124,192,245,.2)" : "rgba(11,92,150,.15)", borderColor: s.high } };
}

/** A grid whose labels and names stay inside the figure. */
const within = { outerBoundsMode: "same", outerBoundsContain: "all" };

/** An axis of numbers, times or categories. */
function axisOption(type, title, more = {}) {
  const s = surface();
  return { type, name: title, nameLocation: "middle", nameGap: 34, nameTextStyle: { color: s.quiet },
    nameTruncate: { maxWidth: Math.min(500, 0.75 * window.innerWidth), ellipsis: "…" },
    axisLine: { show: type !== "value", lineStyle: { color: s.border } }, axisTick: { show: false },
    axisLabel: { color: s.quiet, hideOverlap: true, fontSize: 12, ...(type === "time" ? { formatter: timeLabel } : {}), ...(more.axisLabel ?? {}) },
    splitLine: { show: type === "value", lineStyle: { color: s.line } }, ...without(more, "axisLabel") };
}

function without(object, key) {
  const { [key]: _, ...rest } = object;
  return rest;
}

/** The least step of an axis of amounts: where all are whole, no label stands between 0 and 1. */
function leastStep(chart, parts) {
  if (chart.log || isShare(chart.y)) return undefined;
  return parts.every((part) => part.values.every((value) => value === null || Number.isInteger(value))) ? 1 : undefined;
}

function measureLabel(name) {
  if (isShare(name)) return { formatter: (value) => oneDecimal.format(value * 100) + " %" };
  return { formatter: (value) => Math.abs(value) >= 1e5 ? compact.format(value) : numberText(value) };
}
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

function zoomSlider(more = {}) {
  const s = surface();
  return [{ type: "slider", height: 22, bottom: 8, borderColor: s.line, textStyle: { color: s.quiet }, brushSelect: false,
    dataBackground: { lineStyle: { color: s.rest }, areaStyle: { color: s.rest, opacity: 0.3 } },
    selectedDataBackground: { lineStyle: { color: PALETTES[theme.name][0] }, areaStyle: { opacity: 0.2 } },
    fillerColor: theme.name === "dark" ? "rgba(124,192,245,.15)" : "rgba(20,102,166,.10)", ...more },
  { type: "inside", zoomOnMouseWheel: "ctrl", moveOnMouseWheel: false, moveOnMouseMove: true, ...more }];
}

/** "QakBot: 1,234", a line for each of the larger parts of one place. */
function partsText(title, parts, measure) {
  const shown = parts.filter((part) => part.value).sort((a, b) => b.value - a.value);
  const lines = shown.slice(0, 12).map((part) => `${chartText(part.name, 40)}: ${measureText(measure, part.value)}`);
  if (shown.length > 12) lines.push(`and ${shown.length - 12} more`);
  return [title, ...lines].join("\n");
}
