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

// Points have a shape each instead of a pattern; the corners are in a square of 12.
const SHAPES = ["circle", "rect", "triangle", "diamond", "path://M0,4H4V0H8V4H12V8H8V12H4V8H0Z", "path://M0,0H12L6,12Z",
  "path://M0,0L12,6L0,12Z", "path://M12,0L0,6L12,12Z", "path://M0,0L6,3L12,0L9,6L12,12L6,9L0,12L3,6Z", "path://M0,3H12V9H0Z", "path://M3,0H9V12H3Z"];
const CORNERS = { rect: "M1,1H11V11H1Z", triangle: "M6,0L12,12H0Z", diamond: "M6,0L12,6L6,12L0,6Z" };

function shapeOf(at) { return theme.patterns && at >= 0 ? SHAPES[at % SHAPES.length] : "circle"; }

/** A small square of a colour and its pattern; for points, their shape. */
function swatch(color, at, isPoint) {
  const mark = svg("svg", { width: 14, height: 12, "aria-hidden": "true", class: "swatch" }), shape = isPoint ? shapeOf(at) : null;
  if (shape === "circle") mark.append(svg("circle", { cx: 7, cy: 6, r: 5.5, fill: color }));
  else if (shape) mark.append(svg("path", { d: CORNERS[shape] ?? shape.slice(7), fill: color }));
  else mark.append(svg("rect", { width: 14, height: 12, rx: 2, fill: svgFill(mark, color, at) }));
  return mark;
}
