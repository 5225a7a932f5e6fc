// Colours: a palette that colour-blind readers tell apart (tests/spec/palette_spec.lua measures it), in two versions for
// light and dark; a name of a column that is ranked keeps its place in it through the whole page.

const PALETTES = {
  light: ["#1466a6", "#e7ac30", "#289f77", "#df742f", "#b56991", "#56b3ee", "#9272d2", "#5a2f00", "#716b04", "#872257",
    "#3c2998"],
  dark: ["#4f8fcb", "#f7c342", "#38c499", "#e37125", "#d991bb", "#9adffe", "#bfa3f3", "#b6a468", "#cfe191", "#b45363",
    "#4266df"],
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
