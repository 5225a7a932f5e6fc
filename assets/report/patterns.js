// Patterns that tell colours apart without colour: on grey paper, for readers who see no colour, and beside the palette.
// One list for the chart library, for plain figures and for legends: the n-th colour has the n-th pattern.

const PATTERNS = [null, { turn: 45, gap: 6 }, { turn: -45, gap: 6 }, { dots: true, gap: 7 }, { turn: 0, gap: 5 }, { turn: 90, gap: 5 },
  { turn: 45, gap: 3 }, { dots: true, gap: 4 }, { turn: -45, gap: 3 }, { turn: 0, gap: 9 }, { turn: 90, gap: 9 }];

/** The pattern of the n-th colour as the library takes it. */
function decalOf(at) {
  const pattern = PATTERNS[at];
  if (!theme.patterns) return undefined;
  if (!pattern) return { symbol: "rect", color: "rgba(0,0,0,0)" };
  const color = theme.name === "dark" ? "rgba(0,0,0,.6)" : "rgba(255,255,255,.75)";
  if (pattern.dots) return { symbol: "circle", color, dashArrayX: [[pattern.gap, pattern.gap]], dashArrayY: [pattern.gap, 1], symbolSize: 0.7 };
  return { symbol: "rect", color, dashArrayX: [1, 0], dashArrayY: [2, pattern.gap], rotation: (-pattern.turn * Math.PI) / 180 };
}

/** The same as the fill of an SVG: adds the pattern to the drawing and gives what names it. */
function svgFill(root, color, at) {
  const pattern = PATTERNS[at];
  if (!theme.patterns || !pattern) return color;
  const id = newId("pattern"), size = pattern.dots ? pattern.gap : pattern.gap + 2;
  const made = svg("pattern", { id, width: size, height: size, patternUnits: "userSpaceOnUse",
    patternTransform: `rotate(${pattern.dots ? 0 : -pattern.turn})` });
  const over = theme.name === "dark" ? "rgba(0,0,0,.6)" : "rgba(255,255,255,.75)";
  made.append(svg("rect", { width: size, height: size, fill: color }));
  made.append(pattern.dots ? svg("circle", { cx: size / 2, cy: size / 2, r: 1.4, fill: over })
    : svg("rect", { width: size, height: 2, fill: over }));
  root.append(made);
  return `url(#${id})`;
}

/** A small square of a colour and its pattern. */
function swatch(color, at) {
  const mark = svg("svg", { width: 14, height: 12, "aria-hidden": "true", class: "swatch" });
  mark.append(svg("rect", { width: 14, height: 12, rx: 2, fill: svgFill(mark, color, at) }));
  return mark;
}
