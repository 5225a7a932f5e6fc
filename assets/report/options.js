// What all charts share: fonts, axes, legend, tooltip. Options are plain data; texts in them go through nameText, and
// braces are broken so that the library reads no markup of its own in them.

/** A text for the library. */
function chartText(text, most) { return nameText(text, most).replaceAll("{", "{\u200b"); }

function baseOption() {
  const s = surface();
  return {
    backgroundColor: "transparent",
    color: PALETTES[theme.name],
    textStyle: { fontFamily: "system-ui, sans-serif", color: s.text },
    animation: false,
    aria: { enabled: true, label: { enabled: false }, decal: { show: theme.patterns } },
  };
}

function tooltipOption(more) {
  const s = surface();
  return { renderMode: "richText", confine: true, backgroundColor: s.hint, borderColor: s.border, borderWidth: 1,
    textStyle: { color: s.text, fontSize: 12 }, ...more };
}

function legendOption(names) {
  const s = surface();
  return { type: "scroll", top: 0, left: 0, right: 0, itemWidth: 14, itemHeight: 10, icon: "roundRect", data: names,
    textStyle: { color: s.text, fontSize: 12 }, inactiveColor: s.rest, pageTextStyle: { color: s.quiet },
    pageIconColor: s.text, pageIconInactiveColor: s.rest, formatter: (name) => chartText(name, 26) };
}

/** A grid whose labels and names stay inside the figure. */
const within = { outerBoundsMode: "same", outerBoundsContain: "all" };

/** An axis of numbers, times or categories. */
function axisOption(type, title, more = {}) {
  const s = surface();
  return { type, name: title, nameLocation: "middle", nameGap: 34, nameTextStyle: { color: s.quiet },
    axisLine: { show: type !== "value", lineStyle: { color: s.border } }, axisTick: { show: false },
    axisLabel: { color: s.quiet, hideOverlap: true, fontSize: 12, ...(more.axisLabel ?? {}) },
    splitLine: { show: type === "value", lineStyle: { color: s.line } }, ...without(more, "axisLabel") };
}

function without(object, key) {
  const { [key]: _, ...rest } = object;
  return rest;
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
    fillerColor: theme.name === "dark" ? "rgba(124,192,245,.15)" : "rgba(0,114,178,.10)", ...more },
  { type: "inside", zoomOnMouseWheel: "ctrl", moveOnMouseWheel: false, moveOnMouseMove: true, ...more }];
}

/** "QakBot: 1,234", a line for each of the larger parts of one place. */
function partsText(title, parts, measure) {
  const shown = parts.filter((part) => part.value).sort((a, b) => b.value - a.value);
  const lines = shown.slice(0, 12).map((part) => `${chartText(part.name, 40)}: ${measureText(measure, part.value)}`);
  if (shown.length > 12) lines.push(`and ${shown.length - 12} more`);
  return [title, ...lines].join("\n");
}
