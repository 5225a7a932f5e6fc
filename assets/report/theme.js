// Colours: a palette that colour-blind readers tell apart, in two versions for light and dark; a name of a column that is
// ranked keeps its place in it through the whole page.

const PALETTES = {
  light: ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#6a51a3", "#a6761d", "#999933", "#882255",
    "#332288"],
  dark: ["#4ea3e0", "#f0b132", "#2fc090", "#f0783c", "#e29ac1", "#9ad5f7", "#a992e0", "#c99a4b", "#bdbd5a", "#c9638c",
    "#8582e6"],
};

const SURFACES = {
  light: { text: "#1c2530", quiet: "#5a6675", line: "#d5dbe3", page: "#ffffff", rest: "#a3adb8", land: "#f1f3f5",
    border: "#c3cbd4", low: "#eef3f8", high: "#0b4f85", hint: "#ffffff", shades: ["#dde2e7", "#c9d1d9", "#b0bbc7", "#94a2b2", "#77889b"] },
  dark: { text: "#e4e9ef", quiet: "#9aa7b5", line: "#364250", page: "#151b22", rest: "#6b7785", land: "#222b35",
    border: "#3d4a58", low: "#1d2731", high: "#7cc0f5", hint: "#202a34", shades: ["#323d49", "#3d4a59", "#4a5a6c", "#596b80", "#6a7e96"] },
};

const theme = { name: "light", patterns: false, palettes: {} };
const darkMedia = window.matchMedia("(prefers-color-scheme: dark)");

function surface() { return SURFACES[theme.name]; }

/** The place of a name in the palette of its column; -1 for what has none. */
function placeOf(column, name, isRest = false) {
  if (isRest) return -1;
  return column ? (theme.palettes[column] ?? []).indexOf(name) : 0;
}

/** The colour of a name: its place in the column's ranking, grey for what has none. */
function colourOf(column, name, isRest = false) {
  const at = placeOf(column, name, isRest);
  return at < 0 ? surface().rest : PALETTES[theme.name][at];
}

/** Colour and pattern of a name, for the library. */
function styleOf(column, name, isRest = false) {
  return { color: colourOf(column, name, isRest), decal: decalOf(placeOf(column, name, isRest)) };
}

/** The names in the order in which they are stacked and listed: ranked ones first, what is folded last. */
function rankOf(column, name, isRest) {
  const at = placeOf(column, name, isRest);
  return at < 0 ? 1000 : at;
}

function isRest(name) { return /^other \(/.test(name); }

function applyTheme(name) {
  theme.name = name;
  document.documentElement.dataset.theme = name;
}
